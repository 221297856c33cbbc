namespace StorageEngines.Zfs.Differences;

/// <summary>What is known of the names of one of two snapshots: those in directories that changed, and those of files that changed. Not thread-safe.</summary>
internal sealed class TreeSide
{
    /// <summary>The number that stands for the root directory, whose real one differs between snapshots.</summary>
    internal const ulong Root = 0;

    private readonly Dictionary<ulong, List<BytePath>> _names = [];

    /// <summary>The entries by their paths; their <see cref="TreeEntry.FileId"/> is the number of the object.</summary>
    internal Dictionary<BytePath, TreeEntry> Entries { get; } = [];

    /// <summary>The objects that have names.</summary>
    internal IReadOnlyCollection<ulong> Objects => _names.Keys;

    /// <summary>The directories of which all entries are known.</summary>
    internal HashSet<BytePath> Listed { get; } = [];

    /// <summary>Adds an entry, or replaces what was known of it.</summary>
    internal void Add(TreeEntry entry)
    {
        if (Entries.TryGetValue(entry.Path, out TreeEntry? known) && known.FileId != entry.FileId)
        {
            _names[known.FileId].Remove(entry.Path);
            Entries.Remove(entry.Path);
        }

        if (Entries.TryAdd(entry.Path, entry))
        {
            (_names.TryGetValue(entry.FileId, out List<BytePath>? names) ? names : _names[entry.FileId] = []).Add(entry.Path);
        }
        else
        {
            Entries[entry.Path] = entry;
        }
    }

    /// <summary>The names of an object, as far as they are known.</summary>
    internal IReadOnlyList<BytePath> Names(ulong number) => _names.TryGetValue(number, out List<BytePath>? names) ? names : [];

    /// <summary>An entry of an object; null if it has no name.</summary>
    internal TreeEntry? Entry(ulong number) => Names(number) is [var first, ..] ? Entries[first] : null;

    /// <summary>The number of the directory at a path, if it was listed; null otherwise.</summary>
    internal ulong? ListedDirectory(BytePath path) => Listed.Contains(path) ? Entries[path].FileId : null;
}
