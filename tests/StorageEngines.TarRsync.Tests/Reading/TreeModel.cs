using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>A file system in memory with inodes, names and hard links, changed at random; inode numbers are used again.</summary>
internal sealed class TreeModel
{
    private readonly Random _random;
    private readonly bool _birthTimes;
    private readonly Node _root;
    private int _clock = 1000;
    private readonly SortedSet<ulong> _freeInodes = [];
    private ulong _nextInode = 2;

    internal TreeModel(int seed, bool birthTimes)
    {
        _random = new Random(seed);
        _birthTimes = birthTimes;
        _root = new Node { Inode = 1, Names = [], Born = 1 };
        for (int i = 0; i < 30; i++)
            Add();
    }

    internal void Change()
    {
        for (int i = _random.Next(1, 12); i > 0; i--)
        {
            switch (_random.Next(9))
            {
                case 0: Add(); break;
                case 1: Remove(); break;
                case 2 or 3: Rename(); break;
                case 4: Write(); break;
                case 5: Link(); break;
                case 6: Swap(); break;
                case 7: ReplaceDirectory(); break;
                default: PickNode().Mode ^= 0x40; break;
            }
        }
    }

    internal SnapshotInfo Snapshot(ReadingScratch scratch, string name) => scratch.With(store =>
    {
        using SnapshotWriter writer = store.BeginSnapshot(scratch.VolumeId, name);
        var paths = new List<(byte[] Path, Node Node)> { ([], _root) };
        foreach ((string path, Node node) in Walk(_root, ""))
            paths.Add((Encoding.Latin1.GetBytes(path), node));
        Dictionary<Node, uint> links = paths.GroupBy(p => p.Node).ToDictionary(g => g.Key, g => (uint)g.Count());
        paths.Sort((a, b) => TreeOrder.Compare(a.Path, b.Path));
        foreach ((byte[] path, Node node) in paths)
        {
            ManifestEntry entry = StoreScratch.Entry("", node.Names is null ? TreeEntryType.File : TreeEntryType.Directory, node.Inode);
            entry.Path = path;
            entry.Mode = node.Mode;
            entry.ModifiedAt = new PosixTime(node.Modified, 0);
            entry.BirthTime = _birthTimes ? new PosixTime(node.Born, 0) : null;
            entry.LinkCount = links[node];
            entry.Size = node.Content.Length;
            entry.Content = StoreScratch.StoreContent(writer, node.Content);
            writer.AddEntry(in entry);
        }
        return writer.Commit(StoreScratch.Commit()).ToInfo(scratch.Volume);
    });

    private static IEnumerable<(string Path, Node Node)> Walk(Node directory, string prefix)
    {
        foreach ((string name, Node node) in directory.Names!)
        {
            yield return (prefix + name, node);
            foreach ((string, Node) below in node.Names is null ? [] : Walk(node, prefix + name + "/"))
                yield return below;
        }
    }

    private void Add()
    {
        Node directory = PickDirectory();
        bool file = _random.Next(4) > 0;
        directory.Names!.TryAdd(NewName(), Make(file ? null : [], file ? StoreScratch.Random(_random.Next(0, 3000), _clock) : []));
        directory.Modified = _clock++;
    }

    private void Remove()
    {
        if (PickName() is not { } one)
            return;
        one.Directory.Names!.Remove(one.Name);
        one.Directory.Modified = _clock++;
        Free(one.Node);
    }

    private void Rename()
    {
        if (PickName() is not { } one)
            return;
        Node to = PickDirectory();
        if (IsBelow(one.Node, to))
            return;
        one.Directory.Names!.Remove(one.Name);
        to.Names![_random.Next(2) == 0 ? one.Name : NewName()] = one.Node;
        one.Directory.Modified = to.Modified = _clock++;
    }

    private void Write()
    {
        Node node = PickNode();
        if (node.Names is not null)
            return;
        node.Content = StoreScratch.Random(_random.Next(0, 70_000), _clock);
        node.Modified = _clock++;
    }

    private void Link()
    {
        if (PickName() is { Node.Names: null } one)
            PickDirectory().Names!.TryAdd(NewName(), one.Node);
    }

    private void Swap()
    {
        if (PickName() is not { } a || PickName() is not { } b || IsBelow(a.Node, b.Directory) || IsBelow(b.Node, a.Directory))
            return;
        a.Directory.Names![a.Name] = b.Node;
        b.Directory.Names![b.Name] = a.Node;
    }

    // Moves a directory away, makes a new one in its place, and brings some of the names back.
    private void ReplaceDirectory()
    {
        if (PickName() is not { Node.Names: { Count: > 0 } names } one)
            return;
        Node fresh = Make([], []);
        one.Directory.Names![one.Name] = fresh;
        if (_random.Next(2) == 0)
            one.Directory.Names.TryAdd(NewName(), one.Node);
        foreach ((string name, Node node) in names.ToList())
        {
            if (_random.Next(2) == 0)
                continue;
            names.Remove(name);
            fresh.Names!.Add(name, node);
        }
    }

    private Node Make(SortedDictionary<string, Node>? names, byte[] content)
    {
        ulong inode = _freeInodes.Count > 0 && _random.Next(2) == 0 ? _freeInodes.Min : _nextInode++;
        _freeInodes.Remove(inode);
        return new Node { Inode = inode, Names = names, Content = content, Born = _clock, Modified = _clock++ };
    }

    private void Free(Node node)
    {
        foreach (Node below in node.Names?.Values.ToList() ?? [])
            Free(below);
        if (!Walk(_root, "").Any(p => p.Node == node))
            _freeInodes.Add(node.Inode);
    }

    private static bool IsBelow(Node top, Node node) => top == node || (top.Names?.Values.Any(n => IsBelow(n, node)) ?? false);

    private string NewName() => "abcdefgh./\xFF"[_random.Next(8)] + (_random.Next(3) == 0 ? "." : "") + _random.Next(6);

    private Node PickDirectory()
    {
        List<Node> all = [_root, .. Walk(_root, "").Select(p => p.Node).Where(n => n.Names is not null)];
        return all[_random.Next(all.Count)];
    }

    private Node PickNode() => PickName()?.Node ?? _root;

    private (Node Directory, string Name, Node Node)? PickName()
    {
        List<(Node, string, Node)> all = [];
        foreach (Node directory in (Node[])[_root, .. Walk(_root, "").Select(p => p.Node).Where(n => n.Names is not null)])
            all.AddRange(directory.Names!.Select(n => (directory, n.Key, n.Value)));
        return all.Count == 0 ? null : all[_random.Next(all.Count)];
    }

    private sealed class Node
    {
        internal required ulong Inode { get; init; }

        internal SortedDictionary<string, Node>? Names { get; init; }

        internal byte[] Content { get; set; } = [];

        internal uint Mode { get; set; } = 0x1FF;

        internal long Modified { get; set; }

        internal required long Born { get; init; }
    }
}
