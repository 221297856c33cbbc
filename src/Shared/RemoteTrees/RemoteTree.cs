using StorageEngines.RemoteShells;

namespace StorageEngines.RemoteTrees;

/// <summary>One snapshot of the other host. Each question makes sure first that it is still that one. A symbolic link is never followed, at the end of a path or within it. Calls block.</summary>
/// <param name="root">The snapshot's root.</param>
/// <param name="cancellationToken">Gives up.</param>
internal sealed class RemoteTree(TreeRoot root, CancellationToken cancellationToken)
{
    /// <summary>The snapshot's root.</summary>
    internal TreeRoot Root => root;

    /// <summary>Looks entries up, all in one round trip.</summary>
    /// <param name="paths">Paths in the snapshot; empty for the root.</param>
    /// <returns>What is there; null for what is not.</returns>
    internal Dictionary<BytePath, StatEntry?> Stat(IReadOnlyCollection<BytePath> paths) => Stat(paths, new Script(), out _);

    /// <summary>The size of a regular file.</summary>
    /// <exception cref="StorageEngineException">NotFound: there is none; InvalidArgument: it is of another type.</exception>
    internal long FileSize(BytePath path) => FileSize(path, Stat([path])[path]);

    /// <summary>The size of a regular file and its beginning, in one round trip.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">How much of it is wanted.</param>
    /// <exception cref="StorageEngineException">NotFound: there is none; InvalidArgument: it is of another type.</exception>
    internal (long Size, byte[] Start) FileStart(BytePath path, int bytes)
    {
        byte[] file = Dotted(path);
        Script read = new Script().Text("if [ -f").Word(file).Text(" ] && [ ! -L").Word(file).Text(" ]; then head -c").Number(bytes).Text(" --").Word(file).Text("; fi 2>/dev/null; :");
        long size = FileSize(path, Stat([path], read, out ReadOnlyMemory<byte> start)[path]);
        return (size, start.Length == Math.Min(size, bytes) ? start.ToArray() : []); // what cannot be read is told when it is read
    }

    private long FileSize(BytePath path, StatEntry? entry) => entry switch
    {
        { Type: TreeEntryType.File } file => file.SizeBytes,
        null => throw new StorageEngineException(
            EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"There is no '{path}' in {root.Snapshot}; list its files to see which there are.") { Engine = root.Engine },
        _ => throw new StorageEngineException(
            EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{path}' in {root.Snapshot} is no regular file; name a regular file.") { Engine = root.Engine },
    };

    /// <summary>Whether an entry only stands for something that is not part of the snapshot.</summary>
    internal bool IsStub(TreeEntryType type, ulong inode) => type == TreeEntryType.Directory && inode == root.StubInode;

    /// <summary>Runs a script in the snapshot's root, and takes its answer apart.</summary>
    internal Fields Answer(Script script, string what) => new(Ask(script).Output, what, root.Engine);

    /// <summary>Runs a script in the snapshot's root.</summary>
    /// <exception cref="StorageEngineException">The snapshot is gone.</exception>
    internal ShellReply Ask(Script script) => root.Ask(script, cancellationToken);

    /// <summary>A path as programs take it: it cannot be mistaken for an option.</summary>
    internal static byte[] Dotted(BytePath path) => path.IsRoot ? "."u8.ToArray() : [.. "./"u8, .. path.Span];

    /// <summary>The path in what a program wrote of one that was given to it.</summary>
    internal static BytePath Undotted(ReadOnlyMemory<byte> name)
        => name.Span.StartsWith("./"u8) ? new BytePath(name[2..]) : name.Span.SequenceEqual("."u8) ? default : new BytePath(name);

    private Dictionary<BytePath, StatEntry?> Stat(IReadOnlyCollection<BytePath> paths, Script after, out ReadOnlyMemory<byte> rest)
    {
        Script script = new Script().Text("printf '%s\\0' \"$PWD\"\nstat --printf '" + StatRecord.Format + "' --");
        foreach (BytePath path in paths)
        {
            script.Word(Dotted(path));
        }

        script.Text(" 2>/dev/null; printf '\\0'\n");
        BytePath[] parents = [.. paths.Where(path => !path.IsRoot && !path.Parent.IsRoot).Select(path => path.Parent).Distinct()];
        if (parents.Length > 0)
        {
            script.Text("realpath -zm --");
            foreach (BytePath parent in parents)
            {
                script.Word(Dotted(parent));
            }
        }

        Fields fields = Answer(script.End().Then(after), "what is in a snapshot");
        byte[] top = fields.Next().ToArray();
        var told = new Dictionary<BytePath, StatEntry?>();
        while (fields.Next() is { IsEmpty: false } name)
        {
            StatEntry entry = StatRecord.Parse(fields.Text(), root.Engine);
            told[Undotted(name)] = IsStub(entry.Type, entry.Inode) ? null : entry;
        }

        HashSet<BytePath> linked = [.. parents.Where(parent => !fields.Next().Span.SequenceEqual([.. top, (byte)'/', .. parent.Span]))];
        rest = fields.Rest();
        return paths.Distinct().ToDictionary(path => path, path => linked.Contains(path.Parent) ? null : told.GetValueOrDefault(path));
    }
}
