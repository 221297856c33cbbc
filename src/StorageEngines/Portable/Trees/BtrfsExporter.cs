using StorageEngines.BtrfsStreams;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Writes a tree or the difference of two as a Btrfs send stream. The order that is always right: what goes or moves leaves its old name, what comes
/// or moves takes its new one, then content and attributes, and the directories' own attributes last, the deepest first.
/// </summary>
internal sealed class BtrfsExporter
{
    // Our identities carry no transaction; the same number in every stream lets a receiver match a base by its uuid.
    private const ulong TransactionId = 1;

    private readonly TreeSource _source;
    private readonly BtrfsSendWriter _writer;
    private readonly BtrfsEmitter _emitter;

    internal BtrfsExporter(TreeSource source, BtrfsSendWriter writer)
    {
        _source = source;
        _writer = writer;
        _emitter = new BtrfsEmitter(source, writer);
    }

    /// <summary>Writes the stream.</summary>
    internal async Task<DifferentialSummary> RunAsync(CancellationToken cancellationToken)
    {
        _writer.Header();
        Begin();
        if (_source.Base is null)
        {
            await WholeAsync(cancellationToken);
        }
        else
        {
            await new BtrfsDifferenceExporter(_source, _emitter).RunAsync(cancellationToken);
        }

        await _writer.CompleteAsync(cancellationToken);
        return new DifferentialSummary(_writer.Length, _emitter.DataBytes, _emitter.ZeroBytes, _writer.Commands - 2);
    }

    private void Begin()
    {
        string name = _source.Target.Ref.Name is { } label && SnapshotName.IsValid(label) ? label : SnapshotIdentity.Of(_source.Target.Ref).ToString();
        _writer.Begin(_source.Base is null ? BtrfsCommand.Subvolume : BtrfsCommand.Snapshot)
            .Add(BtrfsAttribute.FilePath, System.Text.Encoding.ASCII.GetBytes(name))
            .Add(BtrfsAttribute.Uuid, SnapshotIdentity.Of(_source.Target.Ref))
            .Add(BtrfsAttribute.TransactionId, TransactionId);
        if (_source.Base is { } from)
        {
            _writer.Add(BtrfsAttribute.CloneUuid, SnapshotIdentity.Of(from.Ref)).Add(BtrfsAttribute.CloneTransactionId, TransactionId);
        }

        _writer.End();
    }

    private async Task WholeAsync(CancellationToken cancellationToken)
    {
        Dictionary<ulong, BytePath> firstNames = [];
        using var directories = new PathSorter(descending: true);
        await foreach (TreeEntry entry in _source.ListAsync(default, cancellationToken))
        {
            if (entry.Type == TreeEntryType.Directory)
            {
                directories.Add(entry.Path);
                if (!entry.Path.IsRoot)
                {
                    await _emitter.CreateAsync(entry.Path, entry, cancellationToken);
                }
            }
            else if (entry.LinkCount > 1 && entry.FileId != 0 && !firstNames.TryAdd(entry.FileId, entry.Path))
            {
                await _emitter.NameAsync(BtrfsCommand.Link, entry.Path, firstNames[entry.FileId], cancellationToken);
            }
            else
            {
                await NewAsync(entry, cancellationToken);
            }
        }

        foreach ((BytePath path, _) in directories.Sorted())
        {
            TreeEntry entry = await _source.TargetEntryAsync(new FileChange(FileChangeKind.Added, path), cancellationToken);
            await _emitter.AttributesAsync(entry, null, cancellationToken);
        }
    }

    private async ValueTask NewAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        await _emitter.CreateAsync(entry.Path, entry, cancellationToken);
        if (entry.Type == TreeEntryType.File)
        {
            await _emitter.ContentAsync(entry, 0, _source.WholeExtentsAsync(entry, cancellationToken), cancellationToken);
        }

        await _emitter.AttributesAsync(entry, null, cancellationToken);
    }
}
