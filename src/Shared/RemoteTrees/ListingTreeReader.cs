using System.Runtime.CompilerServices;

namespace StorageEngines.RemoteTrees;

/// <summary>Lists the files of snapshots of another host. Who derives from it gets into a snapshot.</summary>
internal abstract class ListingTreeReader : ITreeReader
{
    /// <inheritdoc/>
    /// <remarks>Implements: find(1) with <c>-printf</c>, sort(1), getfattr(1), stat(1).</remarks>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TreeLister lister = await ListerAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await foreach (TreeEntry entry in lister.ListAsync(under, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: find(1) with <c>-printf</c>, getfattr(1), stat(1).</remarks>
    public async ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        TreeLister lister = await ListerAsync(snapshot, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => lister.Get(path), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gets into a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageEngineException">There is no such snapshot, or it has no files.</exception>
    protected abstract Task<TreeRoot> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken);

    private async Task<TreeLister> ListerAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
        => new(new RemoteTree(await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false), cancellationToken));
}
