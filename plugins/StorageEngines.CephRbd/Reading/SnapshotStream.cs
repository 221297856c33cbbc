using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.Streams;

namespace StorageEngines.CephRbd.Reading;

/// <summary>A snapshot, read piece by piece. One reader at a time.</summary>
/// <remarks>Of a snapshot that was removed meanwhile Ceph gives zeroes, without a word: so where an object has nothing but zeroes it is looked whether the snapshot is still there.</remarks>
/// <param name="catalog">Looks for it.</param>
/// <param name="open">The image, which is closed with the stream.</param>
/// <param name="snapshot">The snapshot.</param>
internal sealed class SnapshotStream(ImageCatalog catalog, IOpenImage open, RbdSnapshot snapshot) : PiecewiseStream([])
{
    private bool _isClosed;

    /// <inheritdoc/>
    public override bool CanRead => !_isClosed;

    /// <inheritdoc/>
    public override long Length => snapshot.SizeBytes;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await open.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            Task.Run(() => open.DisposeAsync().AsTask()).GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override async Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken)
    {
        byte[] bytes = await open.ReadAsync(snapshot, [(offset, size)], cancellationToken).ConfigureAwait(false);
        if (HasEmptyObject(bytes, offset))
        {
            await using IOpenImage? again = await catalog.TryOpenAsync(open.State.Image.Ref, cancellationToken).ConfigureAwait(false);
            _ = again?.State.Find(snapshot.IdText) ?? throw CephRbdErrors.MissingSnapshot(open.State.RefOf(snapshot));
        }

        return bytes;
    }

    private bool HasEmptyObject(byte[] bytes, long offset)
    {
        // With striping, an object's part is within a period; a period's empty parts are looked for as small as the smallest stripe is.
        long step = open.State.Image.StripeCount > 1 ? SmallestPiece : open.State.Image.ObjectBytes;
        for (long at = 0; at < bytes.Length;)
        {
            int length = (int)Math.Min(step - ((offset + at) % step), bytes.Length - at);
            if (bytes.AsSpan((int)at, length).IndexOfAnyExcept((byte)0) < 0)
            {
                return true;
            }

            at += length;
        }

        return false;
    }
}
