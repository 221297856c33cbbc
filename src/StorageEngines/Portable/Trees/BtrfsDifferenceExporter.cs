using System.Globalization;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Portable.Trees;

/// <summary>Writes what makes a copy of the base the target.</summary>
internal sealed class BtrfsDifferenceExporter(TreeSource source, BtrfsEmitter emitter)
{
    private const FileChangeKind Attributes =
        FileChangeKind.Added | FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.Type;

    // The directory's attributes changed; without this, only names in it did, which moves its times.
    private const byte All = 1;

    // The directory is a new one.
    private const byte Created = 2;

    // Directories to finish at the end, the deepest first.
    private readonly PathSorter _directories = new(descending: true);
    private readonly HashSet<ulong> _written = [];
    private TreePlan _plan = null!;

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using PathSorter directories = _directories;
        using TreePlan plan = await TreePlan.MakeAsync(source, cancellationToken);
        _plan = plan;
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
            Touch(_plan.TargetOf(path.Parent));
            if (step.Removes)
            {
                BtrfsCommand command = step.BaseType == TreeEntryType.Directory ? BtrfsCommand.RemoveDirectory : BtrfsCommand.Unlink;
                await emitter.NameAsync(command, path, null, cancellationToken);
                continue;
            }

            if (shelter is null)
            {
                shelter = await FreeNameAsync(cancellationToken);
                Touch(BytePath.Root);
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
            Touch(path.Parent);
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
            Touch(path.Parent);
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

            bool created = _plan.IsCreated(change);
            if (!created && (change.Kind & Attributes) == 0)
            {
                continue;
            }

            TreeEntry entry = await source.TargetEntryAsync(change, cancellationToken);
            if (entry.Type == TreeEntryType.Directory)
            {
                Touch(entry.Path, created ? (byte)(All | Created) : All);
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
                if (entry.LinkCount > 1)
                {
                    _written.Add(entry.FileId);
                }

                await emitter.ContentAsync(entry, before.SizeBytes, source.ChangedExtentsAsync(change, old, entry, cancellationToken), cancellationToken);
            }
        }

        await emitter.AttributesAsync(entry, before, cancellationToken);
    }

    private async Task DirectoriesAsync(CancellationToken cancellationToken)
    {
        foreach ((BytePath path, byte flags) in _directories.Sorted())
        {
            if (await source.TargetEntryAsync(path, cancellationToken) is not { Type: TreeEntryType.Directory } entry)
            {
                continue;
            }

            if ((flags & All) == 0)
            {
                await emitter.TimesAsync(entry, cancellationToken);
                continue;
            }

            TreeEntry? before = (flags & Created) == 0 && !_plan.IsCreated(path) && _plan.BaseOf(path) is { } old ? await source.BaseEntryAsync(old, cancellationToken) : null;
            await emitter.AttributesAsync(entry, before, cancellationToken);
        }
    }

    private void Touch(BytePath directory, byte flags = 0) => _directories.Add(directory, flags);

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
