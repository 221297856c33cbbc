using System.Collections.Immutable;

namespace StorageEngines.Testing;

/// <summary>A whole tree at one instant. Never changed in place: each change makes a new one that shares what stayed.</summary>
internal sealed record TreeState(ImmutableDictionary<ulong, TreeNode> Nodes, ulong NextId)
{
    public const ulong RootId = 1;

    public TreeNode Root => Nodes[RootId];

    public static TreeState Empty(UnixTime now)
        => new(ImmutableDictionary<ulong, TreeNode>.Empty.Add(RootId, new TreeNode(RootId, TreeEntryType.Directory) { Mode = 0x1ED, ModifiedAt = now, ChangedAt = now }), RootId + 1);

    /// <summary>The node under a path, or null. Symbolic links are not followed.</summary>
    public TreeNode? Find(BytePath path)
    {
        TreeNode node = Root;
        foreach (BytePath name in Components(path))
        {
            if (!node.Children.TryGetValue(name, out ulong child))
            {
                return null;
            }

            node = Nodes[child];
        }

        return node;
    }

    /// <summary>Every name at or below a path with its node, a directory before what is below it, in the order of the names.</summary>
    public IEnumerable<(BytePath Path, TreeNode Node)> Walk(BytePath under = default)
    {
        if (Find(under) is not { } start)
        {
            yield break;
        }

        var pending = new Stack<(BytePath Path, TreeNode Node)>();
        pending.Push((under, start));
        while (pending.TryPop(out (BytePath Path, TreeNode Node) item))
        {
            yield return item;
            foreach ((BytePath name, ulong child) in item.Node.Children.Reverse())
            {
                pending.Push((item.Path.Append(name), Nodes[child]));
            }
        }
    }

    /// <summary>Puts one node in the place of its older self.</summary>
    public TreeState With(TreeNode node) => this with { Nodes = Nodes.SetItem(node.Id, node) };

    /// <summary>Adds a name for a node that is there or is new.</summary>
    public TreeState Link(BytePath path, TreeNode node, UnixTime now)
    {
        TreeNode parent = RequireDirectory(path.Parent);
        if (path.IsRoot || parent.Children.ContainsKey(path.Name))
        {
            throw new InvalidOperationException($"'{path}' exists already.");
        }

        return With(node).With(parent with { Children = parent.Children.Add(path.Name, node.Id), ModifiedAt = now, ChangedAt = now });
    }

    /// <summary>Takes a name away; the node goes with its last one.</summary>
    public TreeState Unlink(BytePath path, UnixTime now)
    {
        TreeNode node = Require(path);
        TreeNode parent = RequireDirectory(path.Parent);
        if (path.IsRoot || !node.Children.IsEmpty)
        {
            throw new InvalidOperationException($"'{path}' is the root or a directory that is not empty.");
        }

        TreeState rest = With(parent with { Children = parent.Children.Remove(path.Name), ModifiedAt = now, ChangedAt = now });
        return node.Links > 1
            ? rest.With(node with { Links = node.Links - 1, ChangedAt = now })
            : rest with { Nodes = rest.Nodes.Remove(node.Id) };
    }

    /// <summary>Moves a name. What is under the new one is replaced, as rename(2) does.</summary>
    public TreeState Rename(BytePath from, BytePath to, UnixTime now)
    {
        TreeNode node = Require(from);
        if (from.IsRoot || (to != from && to.IsAtOrBelow(from)))
        {
            throw new InvalidOperationException($"'{from}' cannot be moved to '{to}', below itself.");
        }

        if (Find(to) is { } inTheWay)
        {
            if (inTheWay.Id == node.Id)
            {
                return this;
            }

            return Unlink(to, now).Rename(from, to, now);
        }

        TreeNode oldParent = RequireDirectory(from.Parent);
        TreeState without = With(oldParent with { Children = oldParent.Children.Remove(from.Name), ModifiedAt = now, ChangedAt = now });
        return without.Link(to, node with { ChangedAt = now }, now);
    }

    public TreeNode Require(BytePath path) => Find(path) ?? throw new InvalidOperationException($"'{path}' does not exist.");

    public TreeNode RequireFile(BytePath path)
        => Require(path) is { Content: not null } file ? file : throw new InvalidOperationException($"'{path}' is not a regular file.");

    private TreeNode RequireDirectory(BytePath path)
        => Require(path) is { Type: TreeEntryType.Directory } directory ? directory : throw new InvalidOperationException($"'{path}' is not a directory.");

    private static IEnumerable<BytePath> Components(BytePath path)
    {
        ReadOnlyMemory<byte> rest = path.Bytes;
        while (!rest.IsEmpty)
        {
            int slash = rest.Span.IndexOf((byte)'/');
            yield return new BytePath(slash < 0 ? rest : rest[..slash]);
            rest = slash < 0 ? default : rest[(slash + 1)..];
        }
    }
}
