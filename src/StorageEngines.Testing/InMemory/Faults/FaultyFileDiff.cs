using System.Runtime.CompilerServices;
using System.Text;

namespace StorageEngines.Testing.Faults;

/// <summary>A file diff with one mistake in it.</summary>
internal sealed class FaultyFileDiff(InMemoryFault fault, IFileDiff inner) : IFileDiff
{
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CancellationToken seen = fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;
        await using IAsyncEnumerator<FileChange> changes = inner.DiffAsync(query, seen).GetAsyncEnumerator(seen);
        HashSet<ulong> listed = [];
        while (await MoveNextAsync(changes).ConfigureAwait(false))
        {
            if (!Misses(changes.Current, listed))
            {
                yield return Spoilt(changes.Current);
            }
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<FileChange> changes)
    {
        try
        {
            return await changes.MoveNextAsync().ConfigureAwait(false);
        }
        catch (ChangeTrackingUnavailableException) when (fault == InMemoryFault.AnswersEmptyWhenItCannotKnow)
        {
            return false;
        }
    }

    private FileChange Spoilt(FileChange change) => fault switch
    {
        InMemoryFault.ForgetsWhatWasRenamedOver when change.OldPath is not null
            => change with { Kind = change.Kind & ~(FileChangeKind.Removed | FileChangeKind.Type) },
        InMemoryFault.NamesAreText => change with { Path = BytePath.FromString(Encoding.UTF8.GetString(change.Path.Span)) },
        _ => change,
    };

    private bool Misses(FileChange change, HashSet<ulong> listed) => fault switch
    {
        InMemoryFault.MissesSecondName => change.TargetEntry is { Type: TreeEntryType.File, LinkCount: > 1, FileId: var file } && !listed.Add(file),
        InMemoryFault.MissesRename => change.Kind.HasFlag(FileChangeKind.Renamed),
        InMemoryFault.MissesMetadataChange => change.Kind == FileChangeKind.Metadata,
        _ => false,
    };
}
