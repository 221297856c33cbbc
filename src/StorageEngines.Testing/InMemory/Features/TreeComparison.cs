namespace StorageEngines.Testing;

/// <summary>
/// Compares two trees of one volume. A name is told by its directory's id and its last component, so that what lies below a renamed directory is not
/// itself renamed; it is listed only if it changed besides, and then with its old and new path.
/// </summary>
internal sealed class TreeComparison(TreeState before, TreeState after, BytePath under, int maxExtents)
{
    private readonly Dictionary<(ulong Directory, BytePath Name), Link> _oldLinks = Links(before);
    private readonly Dictionary<(ulong Directory, BytePath Name), Link> _newLinks = Links(after);

    /// <summary>The changes, ordered by path. A path under which something else is than before comes once.</summary>
    public IEnumerable<FileChange> Changes()
    {
        var changes = new SortedDictionary<BytePath, FileChange>();
        Dictionary<ulong, Queue<Link>> gone = ByFile(_oldLinks, _newLinks);
        foreach (Link link in _newLinks.Values.OrderBy(link => link.Path))
        {
            FileChange? change = Compare(link, gone);
            if (change is not null)
            {
                changes.Add(link.Path, change);
            }
        }

        foreach (Link link in gone.Values.SelectMany(links => links))
        {
            changes[link.Path] = WithRemoval(changes.GetValueOrDefault(link.Path), link);
        }

        AddMovedRoot(changes);
        return changes.Values.Where(change => change.Path.IsAtOrBelow(under) || change.OldPath is { } old && old.IsAtOrBelow(under));
    }

    private FileChange? Compare(Link link, Dictionary<ulong, Queue<Link>> gone)
    {
        Link? old = null;
        if (_oldLinks.TryGetValue(link.Key, out Link? same) && same.Node.Id == link.Node.Id)
        {
            old = same;
        }
        else if (gone.TryGetValue(link.Node.Id, out Queue<Link>? names) && names.TryDequeue(out Link? other))
        {
            old = other;
        }
        else
        {
            return new FileChange(FileChangeKind.Added, link.Path) { TargetEntry = link.Entry, Extents = Extents(null, link.Node.Content) };
        }

        bool moved = old.Key != link.Key;
        (FileChangeKind kind, IReadOnlyList<Extent>? extents) = CompareNodes(old.Node, link.Node);
        if (kind == FileChangeKind.None && !moved)
        {
            return null;
        }

        // A name that moved with its directory, and was written to, has another path, but not another directory. One that has another directory under
        // the same path was brought back: its path has not changed, but what lies below its old directory has.
        bool renamed = moved || old.Path != link.Path;
        return new FileChange(kind | (renamed ? FileChangeKind.Renamed : FileChangeKind.None), link.Path)
        {
            OldPath = renamed ? old.Path : null,
            Extents = extents,
            BaseEntry = old.Entry,
            TargetEntry = link.Entry,
        };
    }

    private (FileChangeKind Kind, IReadOnlyList<Extent>? Extents) CompareNodes(TreeNode old, TreeNode current)
    {
        if (ReferenceEquals(old, current))
        {
            return (FileChangeKind.None, null);
        }

        FileChangeKind kind = old.HasSameMetadata(current) ? FileChangeKind.None : FileChangeKind.Metadata;
        kind |= old.Links == current.Links ? FileChangeKind.None : FileChangeKind.LinkCount;
        if (current.Content is null || ReferenceEquals(old.Content, current.Content))
        {
            return (kind, null);
        }

        bool differs = old.Content!.Length != current.Content.Length || ContentExtents.Differing(old.Content, current.Content, 0).Any();
        return differs ? (kind | FileChangeKind.Content, Extents(old.Content, current.Content)) : (kind, null);
    }

    private Extent[]? Extents(SparseContent? old, SparseContent? current)
    {
        if (current is null)
        {
            return null;
        }

        Extent[] some = [.. ContentExtents.Differing(old, current, 0).Take(maxExtents + 1)];
        return some.Length > maxExtents ? null : some;
    }

    /// <summary>Adds that what was under a path is gone to what is now under it.</summary>
    private FileChange WithRemoval(FileChange? change, Link removed)
    {
        if (change is null && after.Find(removed.Path) is { } moved)
        {
            // It was not renamed itself; a directory above it was, and so brought it here.
            Link was = _oldLinks[(after.Find(removed.Path.Parent)!.Id, removed.Path.Name)];
            change = new FileChange(FileChangeKind.Renamed, removed.Path)
            {
                OldPath = was.Path,
                BaseEntry = was.Entry,
                TargetEntry = moved.ToEntry(removed.Path),
            };
        }

        if (change is null)
        {
            return new FileChange(FileChangeKind.Removed, removed.Path) { BaseEntry = removed.Entry };
        }

        bool otherType = change.TargetEntry!.Type != removed.Node.Type;
        return change with
        {
            Kind = change.Kind | FileChangeKind.Removed | (otherType ? FileChangeKind.Type : FileChangeKind.None),
            BaseEntry = change.BaseEntry ?? removed.Entry,
        };
    }

    /// <summary>If a directory above the path that was asked for was renamed, that path itself is moved, which nothing at or below it says.</summary>
    private void AddMovedRoot(SortedDictionary<BytePath, FileChange> changes)
    {
        if (under.IsRoot)
        {
            return;
        }

        foreach (ulong id in new[] { before.Find(under), after.Find(under) }.OfType<TreeNode>().Select(node => node.Id).Distinct())
        {
            Link? old = _oldLinks.Values.FirstOrDefault(link => link.Node.Id == id);
            Link? current = _newLinks.Values.FirstOrDefault(link => link.Node.Id == id);
            if (old is not null && current is not null && old.Path != current.Path && (old.Path == under || current.Path == under))
            {
                changes.TryAdd(
                    current.Path,
                    new FileChange(FileChangeKind.Renamed, current.Path) { OldPath = old.Path, BaseEntry = old.Entry, TargetEntry = current.Entry });
            }
        }
    }

    private static Dictionary<ulong, Queue<Link>> ByFile(Dictionary<(ulong Directory, BytePath Name), Link> links, Dictionary<(ulong Directory, BytePath Name), Link> others)
        => links.Values
            .Where(link => !others.TryGetValue(link.Key, out Link? other) || other.Node.Id != link.Node.Id)
            .OrderBy(link => link.Path)
            .GroupBy(link => link.Node.Id)
            .ToDictionary(group => group.Key, group => new Queue<Link>(group));

    private static Dictionary<(ulong Directory, BytePath Name), Link> Links(TreeState tree)
    {
        var links = new Dictionary<(ulong Directory, BytePath Name), Link>();
        foreach ((BytePath path, TreeNode node) in tree.Walk())
        {
            (ulong Directory, BytePath Name) key = path.IsRoot ? (0, default) : (tree.Find(path.Parent)!.Id, path.Name);
            links.Add(key, new Link(key, path, node));
        }

        return links;
    }

    private sealed record Link((ulong Directory, BytePath Name) Key, BytePath Path, TreeNode Node)
    {
        public TreeEntry Entry => Node.ToEntry(Path);
    }
}
