using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>An image that librbd has open for writing. What has begun is waited for: an abandoned write could come after a roll back.</summary>
internal sealed class NativeImageWriting : IImageWriting
{
    private const long MostZeroes = 1 << 30; // librbd takes lengths of 31 bits.
    private const string Operation = "write to";

    private readonly NativeRbdHost _host;
    private readonly ClusterConnection _connection;
    private readonly ImageHandle _open;
    private readonly RbdImage _image;

    private NativeImageWriting(NativeRbdHost host, ClusterConnection connection, ImageHandle open, RbdImage image)
        => (_host, _connection, _open, _image) = (host, connection, open, image);

    /// <summary>Opens an image and gives it a size. Blocks.</summary>
    /// <remarks>Implements: rbd_open_by_id, rbd_resize, rbd_flush.</remarks>
    internal static NativeImageWriting Open(NativeRbdHost host, ClusterConnection connection, RbdImage image, long sizeBytes)
    {
        var writing = new NativeImageWriting(host, connection, NativeImageChanges.Open(connection, image, Operation, image.Path.ToString()), image);
        try
        {
            writing.Check(sizeBytes == image.SizeBytes ? 0 : Rbd.Resize(writing._open, (ulong)sizeBytes));
            writing.Check(Rbd.Flush(writing._open)); // Before the first one librbd's cache holds no write back.
            return writing;
        }
        catch
        {
            writing._open.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_write.</remarks>
    public unsafe Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => CallAsync(
        "write",
        () =>
        {
            fixed (byte* start = bytes.Span)
            {
                nint written = Rbd.Write(_open, (ulong)offset, (nuint)bytes.Length, start);
                Check((int)Math.Min(0, written));
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_write_zeroes. Not rbd_discard, which leaves what is smaller than its granularity (64 KiB) as it is, without a word.</remarks>
    public async Task ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        for (long at = offset; at < offset + length; at += MostZeroes)
        {
            long from = at, count = Math.Min(MostZeroes, offset + length - at);
            await CallAsync("zero", () => Check((int)Math.Min(0, Rbd.WriteZeroes(_open, (ulong)from, (nuint)count, 0, 0))), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_flush.</remarks>
    public Task FinishAsync(CancellationToken cancellationToken) => CallAsync("flush", () => Check(Rbd.Flush(_open)), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(_open.Dispose).ConfigureAwait(false);

    private async Task CallAsync(string step, Action call, CancellationToken cancellationToken)
    {
        await _host.StepAsync(step, cancellationToken).ConfigureAwait(false);
        await NativeCall.RunAsync(
            () =>
            {
                call();
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    private void Check(int result) => NativeImageChanges.Check(_connection, Operation, _image.Path.ToString(), result);
}
