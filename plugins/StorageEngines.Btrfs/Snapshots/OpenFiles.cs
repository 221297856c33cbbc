using System.Globalization;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Finds out who has something of a subvolume open, as far as the caller may look. Implements: /proc/PID/fd, cwd, root and exe, proc(5); statx(2).</summary>
internal static class OpenFiles
{
    private const int MostNames = 8;
    private static readonly string[] Single = ["cwd", "root", "exe"];

    /// <summary>The warning that a roll back gives to those who go on with the old state; null if there is nobody.</summary>
    /// <param name="volume">The subvolume, before it is put back.</param>
    internal static string? Warning(BytePath volume)
    {
        List<string> holders = Holders(volume);
        if (holders.Count == 0)
        {
            return null;
        }

        string names = string.Join(", ", holders.Take(MostNames)) + (holders.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {holders.Count - MostNames} more") : "");
        return $"these had files or directories of '{volume}' open, go on with its old state, and what they write there is lost: {names}; restart them";
    }

    /// <summary>The processes, as <c>name (number)</c>.</summary>
    /// <param name="volume">The subvolume.</param>
    internal static List<string> Holders(BytePath volume)
    {
        FileStatus wanted = FileStatus.GetPath(volume.Span); // Every subvolume has a device number of its own.
        var holders = new List<string>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && Links(process).Any(link => IsIn(link, wanted)))
            {
                holders.Add(string.Create(CultureInfo.InvariantCulture, $"{NameOf(process)} ({id})"));
            }
        }

        return holders;
    }

    private static IEnumerable<string> Links(string process)
    {
        string[] files;
        try
        {
            files = Directory.GetFileSystemEntries(Path.Combine(process, "fd"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            files = []; // It has ended, or is somebody else's.
        }

        return Single.Select(name => Path.Combine(process, name)).Concat(files);
    }

    private static bool IsIn(string link, in FileStatus wanted)
    {
        try
        {
            FileStatus status = FileStatus.GetPath(Encoding.UTF8.GetBytes(link));
            return (status.DeviceMajor, status.DeviceMinor) == (wanted.DeviceMajor, wanted.DeviceMinor);
        }
        catch (PosixException)
        {
            return false; // It was closed meanwhile, or may not be looked at.
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return ByteText.Escape(Encoding.UTF8.GetBytes(File.ReadAllText(Path.Combine(process, "comm")).TrimEnd()));
        }
        catch (IOException)
        {
            return "?";
        }
    }
}
