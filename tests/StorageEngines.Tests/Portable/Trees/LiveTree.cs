using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>What a directory of this machine holds, one line of text per name, so that two can be compared and a difference can be read.</summary>
internal static class LiveTree
{
    internal static SortedDictionary<BytePath, string> Read(BytePath directory)
    {
        using BeneathRoot root = BeneathRoot.Open(directory.Span);
        SortedDictionary<BytePath, string> lines = new() { [default] = Line(root, [], FileStatus.Get(root.Root)) };
        Stack<byte[]> pending = new([[]]);
        byte[] buffer = new byte[65536];
        while (pending.TryPop(out byte[]? path))
        {
            using DirectoryHandle open = root.OpenDirectory(path);
            List<byte[]> names = [];
            foreach (DirectoryEntry entry in open.Entries(buffer))
            {
                names.Add(entry.Name.ToArray());
            }

            foreach (byte[] name in names)
            {
                byte[] child = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
                FileStatus status = FileStatus.GetAt(open, name);
                lines.Add(new BytePath(child), Line(root, child, status));
                if (status.IsDirectory)
                {
                    pending.Push(child);
                }
            }
        }

        return lines;
    }

    internal static string Format(
        FileType type, uint mode, uint user, uint group, long size, long links, Int128 modified, string content, IEnumerable<(string Name, string Value)> attributes)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{type} {user}:{group} {modified}");
        if (type != FileType.Symlink)
        {
            text.Append(' ').Append(Convert.ToString(mode, 8));
        }

        if (type != FileType.Directory)
        {
            text.Append(CultureInfo.InvariantCulture, $" links={links} size={size}");
        }

        text.Append(' ').Append(content);
        foreach ((string name, string value) in attributes.Where(a => !a.Name.StartsWith("btrfs.", StringComparison.Ordinal)).OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
        }

        return text.ToString();
    }

    private static string Line(BeneathRoot root, byte[] path, FileStatus status)
    {
        string content = status.Type switch
        {
            FileType.Regular when status.Size > 1L << 30 => Segments(root, path, status.Size),
            FileType.Regular => Hash(root, path),
            FileType.Symlink => Convert.ToHexStringLower(root.ReadLink(path)),
            FileType.CharacterDevice or FileType.BlockDevice => $"{status.NodeMajor}:{status.NodeMinor}",
            _ => "",
        };
        long size = status.IsRegular ? status.Size : 0;
        return Format(
            status.Type, status.Mode, status.UserId, status.GroupId, size, status.LinkCount, status.ModificationTime.TotalNanoseconds, content,
            root.ListXattrs(path).Select(n => (Encoding.UTF8.GetString(n), Convert.ToHexStringLower(root.GetXattr(path, n)!))));
    }

    private static string Segments(BeneathRoot root, byte[] path, long size)
    {
        using SafeFileHandle file = root.OpenFileForRead(path);
        List<string> segments = [];
        for (long at = 0; FileSegments.TryNextData(file, at, size, out FileSegment segment); at = segment.End)
        {
            byte[] data = new byte[segment.Length];
            FileHandle.ReadAt(file, data, segment.Offset);
            segments.Add($"{segment.Offset}+{segment.Length}={Convert.ToHexStringLower(SHA256.HashData(data))}");
        }

        return string.Join(' ', segments);
    }

    private static string Hash(BeneathRoot root, byte[] path)
    {
        using SafeFileHandle file = root.OpenFileForRead(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[65536];
        long at = 0;
        int got;
        while ((got = FileHandle.ReadAt(file, buffer, at)) > 0)
        {
            hash.AppendData(buffer, 0, got);
            at += got;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
