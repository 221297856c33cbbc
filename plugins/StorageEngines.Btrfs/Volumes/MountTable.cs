using System.Text;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>The Btrfs mounts of this process. Implements: /proc/self/mountinfo, proc_pid_mountinfo(5).</summary>
internal static class MountTable
{
    private const int FewestFields = 10;

    /// <summary>One mount.</summary>
    /// <param name="Point">Where it is mounted.</param>
    /// <param name="Root">Which directory of the file system is mounted there, from the top level: <c>/</c>, <c>/home</c>.</param>
    /// <param name="Device">The device's numbers, <c>0:45</c>: the same for all mounts of one file system.</param>
    /// <param name="Type">The kind of file system.</param>
    internal sealed record Mount(BytePath Point, BytePath Root, string Device = "", string Type = "btrfs");

    /// <summary>Reads the table; what is mounted later comes later.</summary>
    internal static List<Mount> Read() => Parse(File.ReadAllBytes("/proc/self/mountinfo"));

    /// <summary>Takes a table apart. Lines that are none are passed over.</summary>
    internal static List<Mount> Parse(ReadOnlySpan<byte> table) => [.. ParseAll(table).Where(mount => mount.Type == "btrfs")];

    /// <summary>Takes a table apart, with mounts of all kinds.</summary>
    internal static List<Mount> ParseAll(ReadOnlySpan<byte> table)
    {
        var mounts = new List<Mount>();
        foreach (Range line in table.Split((byte)'\n'))
        {
            string[] fields = Encoding.Latin1.GetString(table[line]).Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length >= FewestFields && dash > 0 && dash + 1 < fields.Length)
            {
                mounts.Add(new Mount(Unescape(fields[4]), Unescape(fields[3]), fields[2], fields[dash + 1]));
            }
        }

        return mounts;
    }

    /// <summary>Where a directory of the file system can be seen through a mount; null if it cannot.</summary>
    /// <param name="mount">The mount.</param>
    /// <param name="path">The directory, from the top level, beginning with <c>/</c>.</param>
    internal static BytePath? See(Mount mount, BytePath path)
    {
        if (mount.Root.Length == 1)
        {
            return Join(mount.Point, path.Bytes[1..]);
        }

        if (!path.Span.StartsWith(mount.Root.Span) || (path.Length > mount.Root.Length && path.Span[mount.Root.Length] != (byte)'/'))
        {
            return null;
        }

        return path.Length == mount.Root.Length ? mount.Point : Join(mount.Point, path.Bytes[(mount.Root.Length + 1)..]);
    }

    private static BytePath Join(BytePath point, ReadOnlyMemory<byte> rest) => rest.IsEmpty ? point
        : point.Length == 1 ? new BytePath((byte[])[(byte)'/', .. rest.Span])
        : new BytePath((byte[])[.. point.Span, (byte)'/', .. rest.Span]);

    // Blanks, tabs, line breaks and backslashes are three octal digits behind a backslash.
    private static BytePath Unescape(string field)
    {
        var bytes = new List<byte>(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                bytes.Add((byte)(((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 | (field[i + 3] - '0')) & 0xFF));
                i += 3;
            }
            else
            {
                bytes.Add((byte)field[i]);
            }
        }

        return new BytePath(bytes.ToArray());
    }
}
