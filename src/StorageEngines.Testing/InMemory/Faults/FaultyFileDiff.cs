using System.Runtime.CompilerServices;

namespace StorageEngines.Testing.Faults;

/// <summary>A file diff with one mistake in it.</summary>
internal sealed class FaultyFileDiff(InMemoryFault fault, IFileDiff inner) : IFileDiff
{
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CancellationToken seen = fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;
        await using IAsyncEnumerator<FileChange> changes = inner.DiffAsync(query, seen).GetAsyncEnumerator(seen);
        while (await MoveNextAsync(changes).ConfigureAwait(false))
        {
            if (!Misses(changes.Current))
            {
                yield return changes.Current;
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

    private bool Misses(FileChange change) => fault switch
    {
        InMemoryFault.MissesRename => change.Kind.HasFlag(FileChangeKind.Renamed),
        InMemoryFault.MissesMetadataChange => change.Kind == FileChangeKind.Metadata,
        _ => false,
    };
}
