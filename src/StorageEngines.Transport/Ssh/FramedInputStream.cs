using System.Globalization;
using System.Text;

namespace StorageEngines.Transport;

/// <summary>
/// A command's input in the frames that <see cref="RemoteScript"/> reads. After the last frame it gives nothing, but does not end either until the command
/// has: its end tells the other side to end the command.
/// </summary>
/// <param name="source">The input, or null for none.</param>
internal sealed class FramedInputStream(Stream? source) : Stream
{
    private const int FrameBytes = 256 * 1024;

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _data = new byte[source is null ? 0 : FrameBytes];
    private ReadOnlyMemory<byte> _pending;
    private ReadOnlyMemory<byte> _body;
    private bool _sourceEnded;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets the stream end.</summary>
    public void Finish() => _finished.TrySetResult();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_pending.IsEmpty)
        {
            (_pending, _body) = (_body, default);
        }

        if (_pending.IsEmpty)
        {
            if (_sourceEnded)
            {
                await _finished.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }

            int read = source is null ? 0 : await source.ReadAsync(_data, cancellationToken).ConfigureAwait(false);
            _sourceEnded = read == 0;
            _pending = Encoding.ASCII.GetBytes(read.ToString(CultureInfo.InvariantCulture) + "\n");
            _body = _data.AsMemory(0, read);
        }

        int count = Math.Min(buffer.Length, _pending.Length);
        _pending[..count].CopyTo(buffer);
        _pending = _pending[count..];
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
