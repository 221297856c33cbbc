using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>A Btrfs of its own in an image, mounted through a loop device, with a label that only these tests use. What a killed test run left is removed by the next one.</summary>
internal sealed class BtrfsLoop : IDisposable
{
    private const string Prefix = "seng-test-btrfs-";
    private readonly string _directory;

    private BtrfsLoop(string directory, string mount) => (_directory, Mount) = (directory, mount);

    /// <summary>Where its top level is mounted.</summary>
    internal string Mount { get; }

    /// <summary>The file that the file system is in.</summary>
    internal string Image => Path.Combine(_directory, "image");

    private static string Place => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    /// <summary>Makes one, or skips the test.</summary>
    /// <param name="sizeBytes">How large it may grow.</param>
    /// <param name="mountOptions">More options for the mount, each with a comma before it. Default: none.</param>
    internal static BtrfsLoop MakeOrSkip(long sizeBytes = 2L << 30, string mountOptions = "")
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: btrfs: mounting needs root");
        Assert.SkipUnless(new[] { "/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs" }.Any(File.Exists), "backend missing: btrfs: mkfs.btrfs is not installed");
        RemoveLeftovers();
        string directory = Path.Combine(Place, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
        string mount = Path.Combine(directory, "mount");
        Directory.CreateDirectory(mount);
        string image = Path.Combine(directory, "image");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(sizeBytes);
        }

        (int made, string text) = Run("mkfs.btrfs", "-q", "-L", "seng-test-btrfs", image);
        Assert.True(made == 0, text);
        (int mounted, string why) = Run("mount", "-t", "btrfs", "-o", "loop,noatime" + mountOptions, image, mount);
        if (mounted != 0)
        {
            Directory.Delete(directory, recursive: true);
            Assert.Skip($"backend missing: btrfs: cannot mount an image here: {why}");
        }

        return new BtrfsLoop(directory, mount);
    }

    /// <summary>Makes a subvolume.</summary>
    /// <returns>Its path.</returns>
    internal string MakeSubvolume(string name)
    {
        string path = Path.Combine(Mount, name);
        Btrfs("subvolume", "create", path);
        return path;
    }

    /// <summary>Runs the program <c>btrfs</c>, which has to succeed.</summary>
    internal static string Btrfs(params string[] arguments)
    {
        (int exit, string text) = Run("btrfs", arguments);
        Assert.True(exit == 0, $"btrfs {string.Join(' ', arguments)}: {text}");
        return text;
    }

    /// <summary>Runs a program.</summary>
    internal static (int Exit, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose() => Remove(_directory);

    private static void RemoveLeftovers()
    {
        foreach (string directory in Directory.EnumerateDirectories(Place, Prefix + "*"))
        {
            string owner = Path.GetFileName(directory)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists("/proc/" + owner))
            {
                Remove(directory);
            }
        }
    }

    // The loop device goes with the mount (autoclear). A lazy unmount lets go even if something is still open. Another test may remove the same leftover meanwhile.
    private static void Remove(string directory)
    {
        foreach (string mount in MountsBelow(directory))
        {
            if (Run("umount", mount).Exit != 0)
            {
                (int exit, string text) = Run("umount", "-l", mount);
                Assert.True(exit == 0 || !MountsBelow(directory).Contains(mount), text);
            }
        }

        if (Directory.Exists(directory))
        {
            // Names that are no text are nothing for Directory.Delete.
            (int exit, string text) = Run("rm", "-rf", "--one-file-system", directory);
            Assert.True(exit == 0, text);
        }
    }

    // The last one first. A test may have mounted more than one, and have been killed.
    private static List<string> MountsBelow(string directory)
        => [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4].Replace("\\040", " ", StringComparison.Ordinal))
            .Where(point => point.StartsWith(directory + "/", StringComparison.Ordinal)).Reverse()];
}
