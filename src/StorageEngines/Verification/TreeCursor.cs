namespace StorageEngines;

/// <summary>
/// Finds entries of a snapshot that are asked for roughly in the order of its listing: the listing is read along, and only what is not near is looked up
/// by itself. Memory: some thousand entries. One thread.
/// </summary>
internal sealed class TreeCursor(ITreeReader reader, SnapshotRef snapshot, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const int Window = 4096;
    private readonly IAsyncEnumerator<TreeEntry> _listing = reader.ListAsync(snapshot, default, cancellationToken).GetAsyncEnumerator(cancellationToken);
    private readonly Dictionary<BytePath, TreeEntry> _near = [];
    private readonly Queue<BytePath> _order = new();
    private bool _ended;

    internal async ValueTask<TreeEntry?> FindAsync(BytePath path)
    {
        while (true)
        {
            if (_near.Remove(path, out TreeEntry? entry))
            {
                return entry;
            }

            // As long as the window is full of entries that nobody has asked for, the orders differ: let the oldest go and look this one up.
            if (_near.Count >= Window)
            {
                Forget(Window / 2);
                return await reader.GetAsync(snapshot, path, cancellationToken).ConfigureAwait(false);
            }

            _ended = _ended || !await _listing.MoveNextAsync().ConfigureAwait(false);
            if (_ended)
            {
                return await reader.GetAsync(snapshot, path, cancellationToken).ConfigureAwait(false);
            }

            _near[_listing.Current.Path] = _listing.Current;
            _order.Enqueue(_listing.Current.Path);
            TrimOrder();
        }
    }

    public ValueTask DisposeAsync() => _listing.DisposeAsync();

    private void Forget(int count)
    {
        while (_near.Count > count && _order.TryDequeue(out BytePath oldest))
        {
            _near.Remove(oldest);
        }
    }

    /// <summary>Drops the names of entries that were handed out already, once they outnumber those that were not.</summary>
    private void TrimOrder()
    {
        for (int left = _order.Count > 2 * Window ? _order.Count : 0; left > 0; left--)
        {
            BytePath path = _order.Dequeue();
            if (_near.ContainsKey(path))
            {
                _order.Enqueue(path);
            }
        }
    }
}
