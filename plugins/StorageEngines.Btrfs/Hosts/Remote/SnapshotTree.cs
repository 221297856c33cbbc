using System.Globalization;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>What only Btrfs tells of the tree of a snapshot of another host.</summary>
internal static class SnapshotTree
{
    private const ulong NestedSubvolume = 2; // the inode number of the empty directory that stands for one

    /// <summary>The root of a snapshot.</summary>
    /// <param name="shell">Asks the host.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="asked">How it was asked for.</param>
    /// <param name="gone">Makes the error for a snapshot that was deleted.</param>
    internal static TreeRoot Root(RemoteShell shell, SnapshotEntry snapshot, SnapshotRef asked, Func<StorageEngineException> gone)
        => new(shell, asked, script => new Script().Text("inside").Word(snapshot.Path).Word(snapshot.Details.Uuid).End().Then(script), gone) { StubInode = NestedSubvolume };

    /// <summary>The root of a snapshot that was asked for.</summary>
    internal static TreeRoot Root(RemoteShell shell, SnapshotEntry snapshot, SnapshotRef asked) => Root(shell, snapshot, asked, () => SnapshotCatalog.Missing(asked));

    /// <summary>All names of an inode.</summary>
    internal static IReadOnlyList<BytePath> NamesOf(this RemoteTree tree, ulong inode)
    {
        string number = inode.ToString(CultureInfo.InvariantCulture);
        // The program ends each name with a line break, which a name may hold as well: then the tree is walked.
        Fields fields = tree.Answer(new Script().Text($"btrfs inspect-internal inode-resolve {number} . 2>/dev/null | tr '\\n' '\\0'; printf '\\0'"), "the names of a file");
        var names = new List<BytePath>();
        while (fields.Next() is { IsEmpty: false } name)
        {
            names.Add(RemoteTree.Undotted(name));
        }

        Dictionary<BytePath, StatEntry?> found = names.Count == 0 ? [] : tree.Stat(names);
        if (names.Count == 0 || (found.Values.All(each => each?.Inode == inode) && found.Values.First()!.Value.Links == names.Count))
        {
            return names;
        }

        fields = tree.Answer(new Script().Text($"find . -xdev -inum {number} -printf '%P\\0'; printf '\\0'"), "the names of a file");
        names.Clear();
        while (fields.Next() is { IsEmpty: false } name)
        {
            names.Add(new BytePath(name));
        }

        return names;
    }

    /// <summary>The data of several files, all in one round trip.</summary>
    /// <param name="tree">The snapshot.</param>
    /// <param name="files">Regular files and their sizes.</param>
    /// <returns>One answer for each; null where the host cannot tell.</returns>
    internal static List<IReadOnlyList<Extent>?> Fragments(this RemoteTree tree, IReadOnlyList<KeyValuePair<BytePath, long>> files)
    {
        var script = new Script();
        foreach ((BytePath path, _) in files)
        {
            script.Text("filefrag -v -b4096 /proc/self/fd/0 <").Word(RemoteTree.Dotted(path)).Text("; printf '\\0%s\\0' $?\n");
        }

        Fields fields = tree.Answer(script, "the extents of files");
        return files.ToList().ConvertAll(file => (fields.Next(), fields.Number()) is ({ } output, 0) ? FragmentList.Parse(output.Span, file.Value) : null);
    }

    /// <summary>Finds the data of a file.</summary>
    internal static RemoteFileData OpenData(this RemoteTree tree, BytePath path)
    {
        long size = tree.FileSize(path);
        string host = tree.Root.Shell.Runner.Host;
        return new RemoteFileData(size, tree.Fragments([new(path, size)])[0] ?? throw new StorageCommandException(
            EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
            $"'filefrag', which tells where a file has data, is missing on {host} or failed there; install e2fsprogs.") { Host = host, Engine = BtrfsEngineFactory.SchemeName });
    }
}
