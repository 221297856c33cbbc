using System.Security.Cryptography;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>The truth about two snapshots: a walk over both, attributes and content included.</summary>
internal static class SnapshotTruth
{
    /// <summary>Walks both.</summary>
    internal static TruthTree Read(string before, string after) => new(Walk(before), Walk(after));

    /// <summary>What is told has to turn the one snapshot into the other, byte for byte.</summary>
    internal static void AssertRebuilds(TruthTree truth, string before, string after, IReadOnlyList<FileChange> changes)
    {
        new ChangeReplay(truth, changes).AssertRebuilds();
        foreach (FileChange change in changes.Where(change => change.Extents is not null))
        {
            AssertBytes(before, after, change);
        }
    }

    /// <summary>The changed extents over the old content have to give the new one.</summary>
    internal static void AssertBytes(string before, string after, FileChange change)
    {
        byte[] expected = File.ReadAllBytes(Path.Combine(after, Encoding.UTF8.GetString(change.Path.Span)));
        byte[] bytes = change.Kind.HasFlag(FileChangeKind.Added) ? [] : File.ReadAllBytes(Path.Combine(before, Encoding.UTF8.GetString((change.OldPath ?? change.Path).Span)));
        Array.Resize(ref bytes, expected.Length);
        foreach (Extent extent in change.Extents!)
        {
            Span<byte> target = bytes.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
            {
                target.Clear();
            }
            else
            {
                expected.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(target);
            }
        }

        Assert.True(bytes.AsSpan().SequenceEqual(expected), $"{change.Kind} '{change.Path}': {string.Join(' ', change.Extents)} do not give its bytes");
    }

    private static SortedDictionary<BytePath, TruthNode> Walk(string directory)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
        SortedDictionary<BytePath, TruthNode> nodes = [];
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory))
        {
            string relative = path == directory ? "" : Path.GetRelativePath(directory, path);
            Assert.True(root.TryGetStatus(Encoding.UTF8.GetBytes(relative), out FileStatus status));
            var known = new KnownEntry(
                (TreeEntryType)((int)status.Type >> 12), status.Inode, status.IsDirectory ? 1 : status.LinkCount, status.IsDirectory ? 0 : status.Size, status.Mode,
                status.UserId, status.GroupId, new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds), 0);
            nodes.Add(BytePath.FromString(relative), new TruthNode(known, status.IsDirectory ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), Attributes(path)));
        }

        return nodes;
    }

    private static string Attributes(string path)
    {
        using DirectoryHandle above = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!));
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        return string.Join(' ', Xattr.List(above, name).Select(each => $"{Encoding.UTF8.GetString(each)}={Xattr.Get(above, name, each)!.Length}").Order(StringComparer.Ordinal));
    }
}
