using StorageEngines.Posix;

namespace StorageEngines.Cli.Demo;

/// <summary>Lists directories.</summary>
internal static class TreeNames
{
    /// <summary>The names in a directory, in order of their bytes.</summary>
    internal static List<byte[]> Sorted(DirectoryHandle directory)
    {
        var names = new List<byte[]>();
        foreach (DirectoryEntry entry in directory.Entries(new byte[1 << 16]))
        {
            names.Add(entry.Name.ToArray());
        }

        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }
}
