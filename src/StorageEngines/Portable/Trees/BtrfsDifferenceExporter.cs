using System.Globalization;

namespace StorageEngines.Portable.Trees;

/// <summary>Writes what makes a copy of the base the target.</summary>
internal sealed class BtrfsDifferenceExporter(TreeSource source, BtrfsEmitter emitter)
{
    private const FileChangeKind Attributes =
        FileChangeKind.Added | FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.Type;

    // Directories to finish at the end; true if their attributes changed, false if only names in them did, which moves their times.
    private readonly Dictionary<BytePath, bool> _directories = [];
    private readonly HashSet<ulong> _written = [];
    private TreePlan _plan = null!;

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        _plan = await TreePlan.MakeAsync(source, cancellationToken);
        BytePath? shelter = await LeaveAsync(cancellationToken);
        await ComeAsync(cancellationToken);
        if (shelter is { } empty)
        {
            await emitter.NameAsync(BtrfsCommand.RemoveDirectory, empty, null, cancellationToken);
        }

        await FilesAsync(cancellationToken);
        await DirectoriesAsync(cancellationToken);
    }

    /// <summary>Removes what goes, and puts what moves into a directory of its own at the root; names that are wanted are free then.</summary>
    private async Task<BytePath?> LeaveAsync(CancellationToken cancellationToken)
    {
        BytePath? shelter = null;
        long orphans = 0;
        foreach (TreeStep step in _plan.Leaving)
        {
            BytePath path = step.BasePath!.Value;
            Touch(_plan.TargetOf(path.Parent), false);
            if (step.Removes)
            {
                BtrfsCommand command = step.BaseType == TreeEntryType.Directory ? BtrfsCommand.RemoveDirectory : BtrfsCommand.Unlink;
                await emitter.NameAsync(command, path, null, cancellationToken);
                continue;
            }

            if (shelter is null)
            {
                shelter = await FreeNameAsync(cancellationToken);
                Touch(BytePath.Root, false);
                await emitter.MakeDirectoryAsync(shelter.Value, cancellationToken);
            }

            step.Orphan = shelter.Value.Append(BytePath.FromString((orphans++).ToString(CultureInfo.InvariantCulture)));
            await emitter.NameAsync(BtrfsCommand.Rename, path, step.Orphan, cancellationToken);
        }

        return shelter;
    }

    private async Task ComeAsync(CancellationToken cancellationToken)
    {
        foreach (TreeStep step in _plan.Coming)
        {
            BytePath path = step.TargetPath!.Value;
            Touch(path.Parent, false);
            if (step.Orphan is { } orphan)
            {
                await emitter.NameAsync(BtrfsCommand.Rename, orphan, path, cancellationToken);
                continue;
            }

            TreeEntry entry = await source.TargetEntryAsync(new FileChange(FileChangeKind.Added, path), cancellationToken);
            await emitter.CreateAsync(path, entry, cancellationToken);
        }

        foreach ((BytePath path, BytePath existing) in _plan.Links)
        {
            Touch(path.Parent, false);
            await emitter.NameAsync(BtrfsCommand.Link, path, existing, cancellationToken);
        }
    }

    private async Task FilesAsync(CancellationToken cancellationToken)
    {
        await foreach (FileChange change in source.ChangesAsync(cancellationToken))
        {
            if (TreeSource.IsGone(change) || _plan.IsLink(change.Path))
            {
                continue;
            }

            bool created = _plan.IsCreated(change.Path);
            if (!created && (change.Kind & Attributes) == 0)
            {
                continue;
            }

            TreeEntry entry = await source.TargetEntryAsync(change, cancellationToken);
            if (entry.Type == TreeEntryType.Directory)
            {
                Touch(entry.Path, true);
            }
            else
            {
                await FileAsync(change, entry, created, cancellationToken);
            }
        }
    }

    private async ValueTask FileAsync(FileChange change, TreeEntry entry, bool created, CancellationToken cancellationToken)
    {
        TreeEntry? before = null;
        bool first = entry.LinkCount <= 1 || entry.FileId == 0 || !_written.Contains(entry.FileId);
        if (created && entry.Type == TreeEntryType.File)
        {
            await emitter.ContentAsync(entry, 0, source.WholeExtentsAsync(entry, cancellationToken), cancellationToken);
        }
        else if (!created)
        {
            BytePath old = _plan.OldPathOf(change);
            before = await source.BaseEntryAsync(change, old, cancellationToken);
            if (first && entry.Type == TreeEntryType.File && change.Kind.HasFlag(FileChangeKind.Content))
            {
                _written.Add(entry.FileId);
                await emitter.ContentAsync(entry, before.SizeBytes, source.ChangedExtentsAsync(change, old, entry, cancellationToken), cancellationToken);
            }
        }

        await emitter.AttributesAsync(entry, before, cancellationToken);
    }

    private async Task DirectoriesAsync(CancellationToken cancellationToken)
    {
        foreach ((BytePath path, bool all) in _directories.OrderByDescending(d => d.Key))
        {
            if (await source.TargetEntryAsync(path, cancellationToken) is not { Type: TreeEntryType.Directory } entry)
            {
                continue;
            }

            if (!all)
            {
                await emitter.TimesAsync(entry, cancellationToken);
                continue;
            }

            TreeEntry? before = !_plan.IsCreated(path) && _plan.BaseOf(path) is { } old ? await source.BaseEntryAsync(old, cancellationToken) : null;
            await emitter.AttributesAsync(entry, before, cancellationToken);
        }
    }

    private void Touch(BytePath directory, bool all) => _directories[directory] = all || _directories.GetValueOrDefault(directory);

    private async ValueTask<BytePath> FreeNameAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            BytePath name = BytePath.FromString(string.Create(CultureInfo.InvariantCulture, $"o-seng-{i}"));
            if (await source.BaseEntryAsync(name, cancellationToken) is null && await source.TargetEntryAsync(name, cancellationToken) is null)
            {
                return name;
            }
        }
    }
}
