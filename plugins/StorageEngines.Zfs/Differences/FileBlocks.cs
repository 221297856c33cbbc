using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using StorageEngines.BlockMaps;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;
using StorageEngines.Zfs.Blocks;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Trees;

namespace StorageEngines.Zfs.Differences;

/// <summary>The blocks of one file of a dataset: where it has data, and where it differs.</summary>
/// <param name="host">The host.</param>
/// <param name="roots">Gets into snapshots.</param>
internal sealed class FileBlocks(ZfsHost host, SnapshotRoots roots) : ITreeBlocks
{
    private const int NoProgram = 127;

    // lseek(2) with SEEK_DATA (3) and SEEK_HOLE (4); no program of coreutils tells where a file has data, and ZFS has no FIEMAP for filefrag.
    private const string Perl = "open(F,\"<\",$ARGV[0]) or die; for(my $o=0; defined(my $d=sysseek(F,$o,3)); $o=sysseek(F,$d,4)+0) { print $d+0,\" \",sysseek(F,$d,4)+0,\"\\n\" }";

    private const string Python = """
        import os,sys
        f=os.open(sys.argv[1],os.O_RDONLY); o=0; n=os.fstat(f).st_size
        while o<n:
          try: d=os.lseek(f,o,os.SEEK_DATA)
          except OSError as e:
            if e.errno==6: break
            raise
          o=os.lseek(f,d,os.SEEK_HOLE); print(d,o)
        """;

    /// <inheritdoc/>
    /// <remarks>Implements: lseek(2) with SEEK_DATA and SEEK_HOLE by perl(1) or python3(1); without them the whole file counts as data.</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(ZfsSnapshot snapshot, AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BytePath path = RequirePath(query.Path, query.Snapshot);
        var tree = new RemoteTree(await roots.OpenAsync(snapshot, query.Snapshot, cancellationToken).ConfigureAwait(false), cancellationToken);
        long size = await Task.Run(() => tree.FileSize(path), cancellationToken).ConfigureAwait(false);
        ExtentBatches.CheckOffset(query.StartingOffset, size, ZfsEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, size, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        IReadOnlyList<Extent>? data = query.StartingOffset == size ? [] : await Task.Run(() => TryData(tree, path, size), cancellationToken).ConfigureAwait(false);
        if (data is null)
        {
            head = head with { Source = ChangeSource.FullScan, Exactness = Exactness.Superset };
            data = ObjectDifference.Whole(size);
        }

        await foreach (ExtentBatch batch in StreamedBatches.CutAsync(head, data, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>All of the difference is read on the host, and what it says of the file is given. Implements: zfs-send(8) with <c>-i</c>, zstream(8), stat(1).</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(SnapshotPair pair, DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BytePath path = RequirePath(query.Path, query.Target), basePath = query.BasePath ?? path;
        ZfsSnapshot from = RequireSnapshot(pair.Base);
        var target = new RemoteTree(await roots.OpenAsync(pair.Target, query.Target, cancellationToken).ConfigureAwait(false), cancellationToken);
        var source = new RemoteTree(await roots.OpenAsync(from, from.Ref, () => BaseGone(pair.Base), cancellationToken).ConfigureAwait(false), cancellationToken);
        long size = await Task.Run(() => target.FileSize(path), cancellationToken).ConfigureAwait(false);
        ExtentBatches.CheckOffset(query.StartingOffset, size, ZfsEngineFactory.SchemeName);
        (StatEntry? before, bool isSame) = await Task.Run(() => Compare(source, basePath, target, path), cancellationToken).ConfigureAwait(false);
        var head = new ExtentBatch(ExtentStyle.VariableLength, size, before?.SizeBytes ?? 0, ChangeSource.NativeDelta, Exactness.Superset, []);
        if (pair.IsSame && isSame)
        {
            yield return head;
            yield break;
        }

        if (!isSame)
        {
            // Two files that have nothing to do with one another.
            await foreach (ExtentBatch batch in StreamedBatches.CutAsync(head, ObjectDifference.Whole(size), query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }

            yield break;
        }

        var question = new ZfsChangeQuestion(pair.Base.Guid, pair.Target.Guid, before!.Value.Inode, before.Value.SizeBytes, size);
        await using SendMap map = await SendMap.StartAsync(host, pair.Base, pair.Target, cancellationToken).ConfigureAwait(false);
        IEnumerable<Extent> extents = Enumerable.Range(0, 1).SelectMany(_ => ZfsExtents.Of(map.Open(question), question)); // opening it waits
        await foreach (ExtentBatch batch in StreamedBatches.CutAsync(head, extents, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: dd(1), stat(1).</remarks>
    public async ValueTask<Stream> OpenReadAsync(ZfsSnapshot snapshot, SnapshotRef asked, BytePath? path, CancellationToken cancellationToken)
    {
        BytePath file = RequirePath(path, asked);
        TreeRoot root = await roots.OpenAsync(snapshot, asked, cancellationToken).ConfigureAwait(false);
        return await RemoteFileStream.OpenAsync(root, file, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Stream?> TryReopenAsync(SnapshotRef asked, BytePath? path, CancellationToken cancellationToken)
    {
        if (path is not { IsRoot: false } file || roots.TryReopen(asked) is not { } root)
        {
            return null;
        }

        try
        {
            return await RemoteFileStream.OpenAsync(root, file, cancellationToken).ConfigureAwait(false);
        }
        catch (SnapshotNotFoundException)
        {
            return null; // It may have another name by now.
        }
    }

    /// <summary>The base's snapshot: of a bookmark nobody knows what names and sizes files had.</summary>
    /// <exception cref="ChangeTrackingUnavailableException">Only a bookmark is left.</exception>
    internal static ZfsSnapshot RequireSnapshot(SendBase from) => from.Snapshot ?? throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing,
        $"Of the base only the bookmark '{from.SendName}' is left, which does not know the names and sizes that files had; take a full copy, or send and receive the dataset, for which a bookmark is enough.")
    { Engine = ZfsEngineFactory.SchemeName };

    /// <summary>The error for a base that was deleted while it was compared.</summary>
    internal static StorageEngineException BaseGone(SendBase from) => new ChangeTrackingUnavailableException(
        EngineReason.BaseMissing, $"The base '{from.SendName}' was deleted while it was compared; take a full copy.") { Engine = ZfsEngineFactory.SchemeName };

    private static BytePath RequirePath(BytePath? path, SnapshotRef snapshot) => path is { IsRoot: false } given ? given
        : throw new StorageEngineException(
            EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"{snapshot} is a tree; name one of its files.") { Engine = ZfsEngineFactory.SchemeName };

    private static (StatEntry? Before, bool IsSame) Compare(RemoteTree source, BytePath basePath, RemoteTree target, BytePath path)
    {
        if (source.Stat([basePath])[basePath] is not { Type: TreeEntryType.File } before)
        {
            return (null, false);
        }

        return (before, target.Stat([path])[path]?.Inode == before.Inode && Born(source, basePath) is { } born && born == Born(target, path));
    }

    private static string? Born(RemoteTree tree, BytePath path)
    {
        string born = Encoding.ASCII.GetString(tree.Ask(new Script().Text("stat --printf %.9W --").Word(RemoteTree.Dotted(path))).Output);
        return born.Length > 0 && born[0] is >= '1' and <= '9' ? born : null;
    }

    private static List<Extent>? TryData(RemoteTree tree, BytePath path, long size)
    {
        byte[] file = RemoteTree.Dotted(path);
        Script script = new Script().Text("if command -v perl >/dev/null 2>&1; then perl -e").Word(Perl).Word(file).Text("\nelif command -v python3 >/dev/null 2>&1; then python3 -c").Word(Python).Word(file)
            .Text($"\nelse exit {NoProgram}; fi");
        ShellReply reply = tree.Ask(script);
        if (reply.Exit != 0)
        {
            return null;
        }

        var data = new List<Extent>();
        foreach (string line in Encoding.ASCII.GetString(reply.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = line.Split(' ');
            if (ends.Length != 2 || !long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out long start) || !long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out long end)
                || start >= end || end > size || (data.Count > 0 && start < data[^1].End))
            {
                return null; // It is better to take too much for data than too little.
            }

            data.Add(Extent.FromBounds(start, end));
        }

        return data;
    }
}
