using System.Threading.Channels;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Writes a whole snapshot to a new directory. One task makes the names in the engine's order, several fill files, and at the end hard links and the
/// attributes of directories are set, the deepest first.
/// </summary>
internal sealed class TreeRestorer(TreeSource source, RestoreOptions options)
{
    private const int ChunkBytes = 256 << 10;
    private const int WaitingBatches = 4;
    private const uint PlainModeBits = 0x1FF;

    private readonly TreeWarnings _warnings = new(options.Progress);
    private readonly List<TreeEntry> _links = [];
    private readonly PathSorter _directories = new(descending: true);
    private readonly Dictionary<ulong, BytePath> _firstNames = [];
    private long _data;
    private long _zero;
    private long _items;

    internal async Task<DifferentialSummary> RunAsync(BytePath destination, CancellationToken cancellationToken)
    {
        using PathSorter directories = _directories;
        var proof = new TreeBase(destination, options.StateDirectory, skipCheck: false);
        proof.Receipts.RequireWritable();
        using StagedDirectory staged = StagedDirectory.Open(destination, "restore to", proof.Receipts);
        if (staged.MayBeShort(source.Target.SizeBytes))
        {
            staged.RequireSpace(await source.DataBytesAsync(cancellationToken));
        }

        using (BeneathRoot tree = staged.Create())
        {
            try
            {
                await FillAsync(staged.AsidePath, cancellationToken);
                using var writer = new TreeWriter(tree, _warnings);
                await FinishAsync(writer, cancellationToken);
            }
            catch (PosixException e)
            {
                throw TreeErrors.Map(e, $"Cannot restore to '{destination}'");
            }

            proof.NodesLeftOut = _warnings.NodesLeftOut;
            staged.Publish(tree, proof, SnapshotIdentity.Of(source.Target.Ref), cancellationToken);
        }

        return new DifferentialSummary(0, _data, _zero, _items);
    }

    /// <summary>Owner, attributes, mode and times of a new name.</summary>
    internal static void Attributes(TreeWriter writer, TreeEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        if (writer.IsLeftOut(path))
        {
            return;
        }

        writer.SetOwner(path, entry.UserId, entry.GroupId);
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            writer.SetXattr(path, attribute.Name.Span, attribute.Value.Span);
        }

        if (entry.Type != TreeEntryType.SymbolicLink)
        {
            writer.SetMode(path, (uint)entry.Mode);
        }

        writer.SetTimes(path, entry.ModifiedAt, entry.ModifiedAt);
    }

    private async Task FillAsync(BytePath aside, CancellationToken cancellationToken)
    {
        await using var sync = new EarlySync(aside);
        Channel<IReadOnlyList<TreeEntry>> entries = Channel.CreateBounded<IReadOnlyList<TreeEntry>>(WaitingBatches);
        List<Func<CancellationToken, Task>> parts = [stop => ListAsync(aside, entries.Writer, stop)];
        parts.AddRange(Enumerable.Repeat<Func<CancellationToken, Task>>(stop => WorkAsync(aside, entries.Reader, sync, stop), WorkGroup.Workers));
        await WorkGroup.RunAsync(parts, cancellationToken);
    }

    /// <summary>Makes directories as they come, so that they are there before what is in them, and hands the rest on.</summary>
    private async Task ListAsync(BytePath aside, ChannelWriter<IReadOnlyList<TreeEntry>> workers, CancellationToken cancellationToken)
    {
        var others = new EntryBatches(workers);
        using BeneathRoot root = BeneathRoot.Open(aside.Span);
        await foreach (TreeEntry entry in source.ListAsync(default, cancellationToken))
        {
            Interlocked.Increment(ref _items);
            if (entry.Type == TreeEntryType.Directory)
            {
                _directories.Add(entry.Path);
                if (!entry.Path.IsRoot)
                {
                    root.MakeDirectory(entry.Path.Span);
                }
            }
            else if (entry.LinkCount > 1 && entry.FileId != 0 && !_firstNames.TryAdd(entry.FileId, entry.Path))
            {
                _links.Add(entry);
            }
            else
            {
                await others.AddAsync(entry, cancellationToken);
            }
        }

        await others.CompleteAsync(cancellationToken);
    }

    private async Task WorkAsync(BytePath aside, ChannelReader<IReadOnlyList<TreeEntry>> batches, EarlySync sync, CancellationToken cancellationToken)
    {
        using BeneathRoot root = BeneathRoot.Open(aside.Span);
        using var writer = new TreeWriter(root, _warnings);
        var chunk = new byte[ChunkBytes];
        await foreach (IReadOnlyList<TreeEntry> batch in batches.ReadAllAsync(cancellationToken))
        {
            foreach (TreeEntry entry in batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await MakeAsync(writer, entry, chunk, cancellationToken);
                Attributes(writer, entry);
                options.Progress?.Report(new OperationProgress("restore", Interlocked.Read(ref _data), source.Target.SizeBytes, Interlocked.Read(ref _items)));
            }

            sync.Consider(Interlocked.Read(ref _data));
        }
    }

    private async ValueTask MakeAsync(TreeWriter writer, TreeEntry entry, byte[] chunk, CancellationToken cancellationToken)
    {
        switch (entry.Type)
        {
            case TreeEntryType.File:
                // Nobody else can enter the tree as long as it stands aside, so that a file can have its mode from the start.
                writer.MakeFile(entry.Path.Span, (uint)entry.Mode & PlainModeBits);
                await ContentAsync(writer, entry, chunk, cancellationToken);
                break;
            case TreeEntryType.SymbolicLink:
                writer.Root.MakeSymlink(entry.Path.Span, entry.LinkTarget.Span);
                break;
            default:
                writer.MakeNode(entry.Path.Span, (FileType)((int)entry.Type << 12), (uint)entry.Mode, entry.DeviceMajor, entry.DeviceMinor);
                break;
        }
    }

    private async ValueTask ContentAsync(TreeWriter writer, TreeEntry entry, byte[] chunk, CancellationToken cancellationToken)
    {
        if (entry.SizeBytes <= chunk.Length)
        {
            await SmallContentAsync(writer, entry, chunk.AsMemory(0, (int)entry.SizeBytes), cancellationToken);
            return;
        }

        long end = 0;
        Stream? data = null;
        try
        {
            await foreach (Extent extent in source.WholeExtentsAsync(entry, cancellationToken))
            {
                data ??= await source.OpenAsync(entry.Path, cancellationToken);
                data.Position = extent.Offset;
                long stop = Math.Min(extent.End, entry.SizeBytes);
                for (long at = extent.Offset; at < stop && extent.State == ExtentState.Data; end = at)
                {
                    int length = (int)Math.Min(chunk.Length, stop - at);
                    await TreeSource.ReadExactlyAsync(data, chunk.AsMemory(0, length), entry, at, cancellationToken);
                    writer.Write(entry.Path.Span, at, chunk.AsSpan(0, length));
                    Interlocked.Add(ref _data, length);
                    at += length;
                }
            }
        }
        finally
        {
            if (data is not null)
            {
                await data.DisposeAsync();
            }
        }

        if (end != entry.SizeBytes)
        {
            Interlocked.Add(ref _zero, entry.SizeBytes - end);
            writer.Truncate(entry.Path.Span, entry.SizeBytes);
        }
    }

    private async ValueTask SmallContentAsync(TreeWriter writer, TreeEntry entry, Memory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > 0)
        {
            await using Stream data = await source.OpenAsync(entry.Path, cancellationToken);
            await TreeSource.ReadExactlyAsync(data, content, entry, 0, cancellationToken);
            writer.Write(entry.Path.Span, 0, content.Span);
            Interlocked.Add(ref _data, content.Length);
        }
    }

    private async Task FinishAsync(TreeWriter writer, CancellationToken cancellationToken)
    {
        foreach (TreeEntry link in _links)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BytePath first = _firstNames[link.FileId];
            if (!writer.IsLeftOut(first.Span))
            {
                writer.Root.HardLink(first.Span, link.Path.Span);
            }
        }

        foreach ((BytePath path, _) in _directories.Sorted())
        {
            Attributes(writer, await source.TargetEntryAsync(new FileChange(FileChangeKind.Added, path), cancellationToken));
        }
    }
}
