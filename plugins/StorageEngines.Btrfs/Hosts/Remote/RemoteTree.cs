using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>One snapshot of the other host. Each question makes sure first that it is still that one. A symbolic link is never followed, at the end of a path or within it.</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="snapshot">The snapshot.</param>
/// <param name="gone">Makes the error for a snapshot that was deleted.</param>
/// <param name="cancellationToken">Gives up.</param>
internal sealed class RemoteTree(RemoteShell shell, SnapshotEntry snapshot, Func<StorageEngineException> gone, CancellationToken cancellationToken)
{
    /// <summary>Looks entries up, all in one round trip.</summary>
    /// <param name="paths">Paths in the snapshot; empty for the root.</param>
    /// <returns>What is there; null for what is not.</returns>
    internal Dictionary<BytePath, KnownEntry?> Stat(IReadOnlyCollection<BytePath> paths)
    {
        Script script = Inside().Text("printf '%s\\0' \"$PWD\"\nstat --printf '" + StatRecord.Format + "' --");
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

        var fields = new Fields(Ask(script).Output, "what is in a snapshot", BtrfsEngineFactory.SchemeName);
        byte[] root = fields.Next().ToArray();
        var told = new Dictionary<BytePath, KnownEntry?>();
        while (fields.Next() is { IsEmpty: false } name)
        {
            told[Undotted(name)] = StatRecord.Parse(fields.Text());
        }

        HashSet<BytePath> linked = [.. parents.Where(parent => !fields.Next().Span.SequenceEqual([.. root, (byte)'/', .. parent.Span]))];
        return paths.Distinct().ToDictionary(path => path, path => linked.Contains(path.Parent) ? null : told.GetValueOrDefault(path));
    }

    /// <summary>All names of an inode.</summary>
    internal IReadOnlyList<BytePath> NamesOf(ulong inode)
    {
        string number = inode.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // The program ends each name with a line break, which a name may hold as well: then the tree is walked.
        Script script = Inside().Text($"btrfs inspect-internal inode-resolve {number} . 2>/dev/null | tr '\\n' '\\0'; printf '\\0'");
        var fields = new Fields(Ask(script).Output, "the names of a file", BtrfsEngineFactory.SchemeName);
        var names = new List<BytePath>();
        while (fields.Next() is { IsEmpty: false } name)
        {
            names.Add(Undotted(name));
        }

        Dictionary<BytePath, KnownEntry?> found = names.Count == 0 ? [] : Stat(names);
        if (names.Count == 0 || (found.Values.All(each => each?.Inode == inode) && found.Values.First()!.Value.Links == names.Count))
        {
            return names;
        }

        fields = new Fields(Ask(Inside().Text($"find . -xdev -inum {number} -printf '%P\\0'; printf '\\0'")).Output, "the names of a file", BtrfsEngineFactory.SchemeName);
        names.Clear();
        while (fields.Next() is { IsEmpty: false } name)
        {
            names.Add(new BytePath(name));
        }

        return names;
    }

    /// <summary>The data of a file; null if the host cannot tell.</summary>
    internal IReadOnlyList<Extent>? TryFragments(BytePath path, long size) => Fragments([new(path, size)])[0];

    /// <summary>The data of several files, all in one round trip.</summary>
    /// <param name="files">Regular files and their sizes.</param>
    /// <returns>One answer for each; null where the host cannot tell.</returns>
    internal List<IReadOnlyList<Extent>?> Fragments(IReadOnlyList<KeyValuePair<BytePath, long>> files)
    {
        Script script = Inside();
        foreach ((BytePath path, _) in files)
        {
            script.Text("filefrag -v -b4096 /proc/self/fd/0 <").Word(Dotted(path)).Text("; printf '\\0%s\\0' $?\n");
        }

        var fields = new Fields(Ask(script).Output, "the extents of files", BtrfsEngineFactory.SchemeName);
        return files.ToList().ConvertAll(file => (fields.Next(), fields.Number()) is ({ } output, 0) ? FragmentList.Parse(output.Span, file.Value) : null);
    }

    /// <summary>The size of a regular file.</summary>
    /// <exception cref="PosixException">There is none, or it is of another type.</exception>
    internal long FileSize(BytePath path)
    {
        KnownEntry entry = Stat([path])[path] ?? throw new PosixException(Errno.ENOENT, "open", path.Span);
        return entry.Type switch
        {
            TreeEntryType.File => entry.SizeBytes,
            TreeEntryType.Directory => throw new PosixException(Errno.EISDIR, "open", path.Span),
            TreeEntryType.SymbolicLink => throw new PosixException(Errno.ELOOP, "open", path.Span),
            _ => throw new PosixException(Errno.EINVAL, "open", path.Span),
        };
    }

    /// <summary>Finds the data of a file.</summary>
    internal RemoteFileData OpenData(BytePath path, SnapshotRef asked)
    {
        try
        {
            long size = FileSize(path);
            return new RemoteFileData(size, TryFragments(path, size) ?? throw new StorageCommandException(
                EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"'filefrag', which tells where a file has data, is missing on {shell.Runner.Host} or failed there; install e2fsprogs.") { Host = shell.Runner.Host, Engine = BtrfsEngineFactory.SchemeName });
        }
        catch (PosixException e)
        {
            throw SnapshotView.FileError(e, path, asked);
        }
    }

    /// <summary>Begins a script in the snapshot's root.</summary>
    internal Script Inside() => new Script().Text("inside").Word(snapshot.Path).Word(snapshot.Details.Uuid).End();

    /// <summary>Runs a script that begins with <see cref="Inside"/>.</summary>
    /// <exception cref="StorageEngineException">The snapshot is gone.</exception>
    internal ShellReply Ask(Script script)
    {
        ShellReply reply = shell.Ask(script, cancellationToken);
        return reply.Exit == 3 ? throw gone() : reply;
    }

    /// <summary>A path as programs take it: it cannot be mistaken for an option.</summary>
    internal static byte[] Dotted(BytePath path) => path.IsRoot ? "."u8.ToArray() : [.. "./"u8, .. path.Span];

    private static BytePath Undotted(ReadOnlyMemory<byte> name)
        => name.Span.StartsWith("./"u8) ? new BytePath(name[2..]) : name.Span.SequenceEqual("."u8) ? default : new BytePath(name);
}
