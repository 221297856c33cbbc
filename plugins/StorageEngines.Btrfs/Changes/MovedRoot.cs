namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// If only part of the tree is asked for and a directory above it was renamed, what is asked for has itself moved, which no change at or below it says.
/// </summary>
internal sealed class MovedRoot(ReceiverTree tree, ReducerOptions options)
{
    private readonly HashSet<BytePath> _seen = [];

    /// <summary>Takes note of a change that is listed.</summary>
    internal void Saw(FileChange change)
    {
        if (change.Path == options.Under || change.OldPath == options.Under)
        {
            _seen.Add(change.Path);
        }
    }

    /// <summary>The renames that are still to be listed.</summary>
    internal IEnumerable<FileChange> Missing()
    {
        if (options.Under.IsRoot || options.Tree is not { } known)
        {
            yield break;
        }

        if (known.InBase(options.Under) is not null && Other(inBase: true) is { } now && now != options.Under && _seen.Add(now))
        {
            yield return new FileChange(FileChangeKind.Renamed, now) { OldPath = options.Under };
        }

        if (known.InTarget(options.Under) is not null && Other(inBase: false) is { } old && old != options.Under && _seen.Add(options.Under))
        {
            yield return new FileChange(FileChangeKind.Renamed, options.Under) { OldPath = old };
        }
    }

    /// <summary>The path on the other side of what is asked for, if a directory above it moved and it did not itself.</summary>
    private BytePath? Other(bool inBase)
    {
        ReceiverTree.Place place = tree.Find(options.Under, inBase);
        (int entry, var below) = place.Entry >= 0 ? (place.Entry, BytePath.Root)
            : place.Directory >= 0 ? (Directory(place.Directory, inBase), new BytePath(options.Under.Bytes[^place.Rest..]))
            : (-1, BytePath.Root);
        if (entry < 0 || (place.Entry >= 0 && tree.Names[entry].Base != tree.Names[entry].Now))
        {
            return null;
        }

        return inBase ? tree.TargetPath(entry, below) : tree.BasePath(entry, below);
    }

    private int Directory(int directory, bool inBase) => inBase ? tree.Objects[directory].NowName : tree.Objects[directory].BaseName;
}
