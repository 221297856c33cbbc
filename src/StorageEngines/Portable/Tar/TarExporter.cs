using System.Runtime.CompilerServices;
using StorageEngines.Portable.Trees;

namespace StorageEngines.Portable.Tar;

/// <summary>
/// Writes a tree as tar, or what is new in it together with OCI whiteouts for what is gone. Whiteouts come first, so that a
/// reader can go through the archive once. A hard link follows the name it is linked to.
/// </summary>
internal sealed class TarExporter(TreeSource source, Stream output, IProgress<OperationProgress>? progress)
{
    internal const string Whiteout = ".wh.";

    // The name is in the archive already.
    private const byte Written = 1;

    private readonly TarWriter _writer = new(output);
    private readonly TreeWarnings _warnings = new(progress);
    private readonly Dictionary<ulong, BytePath> _firstNames = [];
    private TarNames? _names;
    private TreePlan? _plan;
    private long _items;

    internal async Task<DifferentialSummary> RunAsync(CancellationToken cancellationToken)
    {
        string from = source.Base is null ? "" : $" base={SnapshotIdentity.Of(source.Base.Ref)}";
        await _writer.CommentAsync($"storage-engines{from} target={SnapshotIdentity.Of(source.Target.Ref)}", cancellationToken);
        using TreePlan? plan = source.Base is null ? null : await TreePlan.MakeAsync(source, cancellationToken);
        if (plan is not null)
        {
            (_plan, _names) = (plan, new TarNames(source, _warnings));
            await WhiteoutsAsync(cancellationToken);
            await RemainingNamesAsync(cancellationToken);
            await FindKeptNamesAsync(cancellationToken);
        }

        var pipeline = new TarPipeline(source, _writer);
        await pipeline.RunAsync(ItemsAsync, _items, cancellationToken);
        await _writer.CompleteAsync(cancellationToken);
        return new DifferentialSummary(_writer.Length, pipeline.DataBytes, 0, pipeline.Entries);
    }

    private async Task WhiteoutsAsync(CancellationToken cancellationToken)
    {
        foreach (BytePath path in _plan!.Leaving.Select(s => s.BasePath!.Value))
        {
            BytePath mark = path.Parent.Append(new BytePath((byte[])[.. ".wh."u8, .. path.Name.Span]));
            await _writer.EntryAsync(new TreeEntry(mark, TreeEntryType.File, 0x180, 0, 0, 0, default), null, cancellationToken);
            _items++;
        }
    }

    /// <summary>
    /// The directories that are left, with what is in them now, for GNU tar: it does not know whiteouts, and by these lists removes them together with what
    /// they stand for. They come before what is new, because that may need the place of a directory that is gone.
    /// </summary>
    private async Task RemainingNamesAsync(CancellationToken cancellationToken)
    {
        using var parents = new PathSorter(descending: false);
        foreach (TreeStep step in _plan!.Leaving)
        {
            parents.Add(step.BasePath!.Value.Parent);
        }

        BytePath? last = null;
        foreach ((BytePath path, _) in parents.Sorted())
        {
            if (path != last && _plan.BaseOf(path) == path
                && await source.TargetEntryAsync(path, cancellationToken) is { Type: TreeEntryType.Directory } directory)
            {
                await _writer.EntryAsync(directory, null, cancellationToken, await _names!.OfAsync(path, cancellationToken));
            }

            last = path;
        }
    }

    /// <summary>A file below a moved directory can have a name elsewhere that did not change; then it has to be linked to that one.</summary>
    private async Task FindKeptNamesAsync(CancellationToken cancellationToken)
    {
        Dictionary<ulong, (uint Links, HashSet<BytePath> Names)> files = [];
        await foreach (TreeEntry entry in EntriesAsync(cancellationToken))
        {
            if (entry.Type != TreeEntryType.Directory && entry.LinkCount > 1 && entry.FileId != 0)
            {
                files.TryAdd(entry.FileId, (entry.LinkCount, []));
                files[entry.FileId].Names.Add(entry.Path);
            }
        }

        if (files.Values.All(f => f.Names.Count >= f.Links))
        {
            return;
        }

        HashSet<BytePath> leaving = [.. _plan!.Moving.Select(s => s.TargetPath!.Value)];
        await foreach (TreeEntry entry in source.ListAsync(default, cancellationToken))
        {
            if (entry.Type != TreeEntryType.Directory && files.TryGetValue(entry.FileId, out (uint Links, HashSet<BytePath> Names) file)
                && !file.Names.Contains(entry.Path) && !leaving.Contains(entry.Path))
            {
                _firstNames.TryAdd(entry.FileId, entry.Path);
            }
        }
    }

    private async IAsyncEnumerable<TreeEntry> EntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_plan is null)
        {
            await foreach (TreeEntry entry in source.ListAsync(default, cancellationToken))
            {
                yield return entry;
            }

            yield break;
        }

        HashSet<BytePath> done = [];
        HashSet<BytePath> moved = [];
        using var touched = new PathSorter(descending: false);
        foreach (TreeStep step in _plan.Coming.Where(s => !IsBelow(s.TargetPath!.Value, moved)))
        {
            BytePath path = step.TargetPath!.Value;
            touched.Add(path.Parent);
            if (step.IsTargetDirectory)
            {
                touched.Add(path, Written);
            }

            if (step.IsNew && step.BasePath is null)
            {
                yield return await source.TargetEntryAsync(new FileChange(FileChangeKind.Added, path), cancellationToken);
                continue;
            }

            done.Add(path);
            if (!step.Creates)
            {
                moved.Add(path);
            }

            await foreach (TreeEntry entry in source.ListAsync(path, cancellationToken))
            {
                if (step.Creates && entry.Path != path)
                {
                    break;
                }

                yield return entry;
            }
        }

        foreach (BytePath path in _plan.Links.Select(l => l.Key).Where(p => !IsBelow(p, moved)))
        {
            done.Add(path);
            touched.Add(path.Parent);
            yield return await source.TargetEntryAsync(new FileChange(FileChangeKind.Added, path), cancellationToken);
        }

        await foreach (TreeEntry entry in ChangedAsync(done, moved, touched, cancellationToken))
        {
            yield return entry;
        }
    }

    /// <summary>What changed where it was, and the directories in which names changed, for their times.</summary>
    private async IAsyncEnumerable<TreeEntry> ChangedAsync(
        HashSet<BytePath> done, HashSet<BytePath> moved, PathSorter touched, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const FileChangeKind Whole = FileChangeKind.Added | FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.Type;
        await foreach (FileChange change in source.ChangesAsync(cancellationToken))
        {
            if (TreeSource.IsGone(change) || (change.Kind & Whole) == 0 || _plan!.IsCreated(change) || done.Contains(change.Path) || IsBelow(change.Path, moved))
            {
                continue;
            }

            TreeEntry entry = await source.TargetEntryAsync(change, cancellationToken);
            touched.Add(entry.Path.Parent); // a reader replaces the name, which moves the directory's times
            if (entry.Type == TreeEntryType.Directory)
            {
                touched.Add(entry.Path, Written);
            }

            yield return entry;
        }

        foreach (BytePath path in _plan!.Leaving.Select(s => s.BasePath!.Value.Parent))
        {
            touched.Add(_plan.TargetOf(path));
        }

        foreach ((BytePath path, byte flags) in touched.Sorted())
        {
            if ((flags & Written) == 0 && !IsBelow(path, moved)
                && await source.TargetEntryAsync(path, cancellationToken) is { Type: TreeEntryType.Directory } directory)
            {
                yield return directory;
            }
        }
    }

    private static bool IsBelow(BytePath path, HashSet<BytePath> moved)
    {
        if (moved.Count == 0)
        {
            return false;
        }

        for (BytePath at = path; !at.IsRoot; at = at.Parent)
        {
            if (moved.Contains(at))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The members of the archive in their order.</summary>
    private async IAsyncEnumerable<TarItem> ItemsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TreeEntry entry in EntriesAsync(cancellationToken))
        {
            if (entry.Path.Name.Span.StartsWith(".wh."u8))
            {
                throw new StorageEngineException(
                    EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                    $"'{entry.Path}' begins with '{Whiteout}', which means a deletion in this format; export as a Btrfs send stream instead.");
            }

            if (entry.Type == TreeEntryType.Socket)
            {
                _warnings.Sockets();
                continue;
            }

            bool shared = entry.Type != TreeEntryType.Directory && entry.LinkCount > 1 && entry.FileId != 0;
            if (shared && !_firstNames.TryAdd(entry.FileId, entry.Path))
            {
                yield return new TarItem(entry, _firstNames[entry.FileId], null);
                continue;
            }

            yield return new TarItem(entry, null, await NamesAsync(entry, cancellationToken));
        }
    }

    /// <summary>What is in a directory that takes the name of one that left, so that GNU tar empties that one.</summary>
    private async ValueTask<byte[]?> NamesAsync(TreeEntry entry, CancellationToken cancellationToken)
        => _plan is not null && entry.Type == TreeEntryType.Directory && !entry.Path.IsRoot && _plan.BaseOf(entry.Path) != entry.Path
            && await source.BaseEntryAsync(entry.Path, cancellationToken) is { Type: TreeEntryType.Directory }
            ? await _names!.OfAsync(entry.Path, cancellationToken)
            : null;
}
