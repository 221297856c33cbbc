namespace StorageEngines;

/// <summary>
/// A file diff, ready to be replayed: where each path of the target was in the base, and the other way round. Memory grows with the changes, not with the
/// tree.
/// </summary>
internal sealed class TreeReplay
{
    private readonly Dictionary<BytePath, FileChange> _changes = [];
    private readonly Dictionary<BytePath, BytePath> _movedTo = [];
    private readonly HashSet<BytePath> _removed = [];

    internal static async ValueTask<TreeReplay> ReadAsync(IAsyncEnumerable<FileChange> changes, CancellationToken cancellationToken)
    {
        var replay = new TreeReplay();
        await foreach (FileChange change in changes.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            replay.Add(change);
        }

        return replay;
    }

    /// <summary>The change at a path of the target, or null if it is not listed.</summary>
    internal FileChange? ChangeAt(BytePath path) => _changes.GetValueOrDefault(path);

    /// <summary>True if the path is listed as removed and nothing is said to have come in its place.</summary>
    internal bool IsGone(BytePath path)
        => _removed.Contains(path) && (ChangeAt(path) is not { } change || (change.Kind & (FileChangeKind.Added | FileChangeKind.Renamed)) == 0);

    /// <summary>Where a path of the target was in the base; null if it is new, or below something that is.</summary>
    internal BytePath? BaseOf(BytePath path)
    {
        for (BytePath at = path; ; at = at.Parent)
        {
            if (_changes.TryGetValue(at, out FileChange? change))
            {
                if (change is { OldPath: { } old } && change.Kind.HasFlag(FileChangeKind.Renamed))
                {
                    return Below(old, at, path);
                }

                if (change.Kind.HasFlag(FileChangeKind.Added))
                {
                    return null;
                }
            }

            if (at.IsRoot)
            {
                return path;
            }
        }
    }

    /// <summary>Where a path of the base has to be in the target; null if it is removed, or below something that is.</summary>
    internal BytePath? TargetOf(BytePath path)
    {
        for (BytePath at = path; ; at = at.Parent)
        {
            if (_movedTo.TryGetValue(at, out BytePath moved))
            {
                return Below(moved, at, path);
            }

            if (_removed.Contains(at))
            {
                return null;
            }

            if (at.IsRoot)
            {
                return path;
            }
        }
    }

    private void Add(FileChange change)
    {
        if (change.Kind.HasFlag(FileChangeKind.Removed))
        {
            _removed.Add(change.Path);
        }

        if (change.Kind == FileChangeKind.Removed)
        {
            return;
        }

        _changes[change.Path] = _changes.TryGetValue(change.Path, out FileChange? other)
            ? other with { Kind = other.Kind | change.Kind, OldPath = other.OldPath ?? change.OldPath, Extents = other.Extents ?? change.Extents }
            : change with { BaseEntry = null, TargetEntry = null };
        if (change is { OldPath: { } old } && change.Kind.HasFlag(FileChangeKind.Renamed))
        {
            _movedTo[old] = change.Path;
        }
    }

    private static BytePath Below(BytePath moved, BytePath ancestor, BytePath path)
        => path.Length == ancestor.Length ? moved : moved.Append(new BytePath(path.Bytes[(ancestor.IsRoot ? 0 : ancestor.Length + 1)..]));
}
