using System.Globalization;
using System.Text;
using StorageEngines.Streams;

namespace StorageEngines.Transport;

/// <summary>
/// A command's input in the frames that <see cref="RemoteScript"/> reads. After the last frame it gives nothing, but does not end either until the command
/// has: its end tells the other side to end the command.
/// </summary>
/// <param name="source">The input, or null for none.</param>
internal sealed class FramedInputStream(Stream? source) : ReadOnlyStream
{
    private const int FrameBytes = 256 * 1024;
    private const int MostTextBytes = 1024; // A shell reads a line byte by byte.

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _data = new byte[source is null ? 0 : FrameBytes];
    private ReadOnlyMemory<byte> _pending;
    private ReadOnlyMemory<byte> _body;
    private bool _sourceEnded;

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
            bool isText = read is > 0 and <= MostTextBytes;
            _pending = isText ? Text(_data.AsSpan(0, read)) : Encoding.ASCII.GetBytes(read.ToString(CultureInfo.InvariantCulture) + "\n");
            _body = isText ? default : _data.AsMemory(0, read);
        }

        int count = Math.Min(buffer.Length, _pending.Length);
        _pending[..count].CopyTo(buffer);
        _pending = _pending[count..];
        return count;
    }

    // What a shell could take for something else is an octal number.
    private static byte[] Text(ReadOnlySpan<byte> bytes)
    {
        var line = new List<byte>(bytes.Length + 2) { (byte)'t' };
        foreach (byte each in bytes)
        {
            if (each is > (byte)' ' and < 0x7F and not (byte)'\\')
            {
                line.Add(each);
            }
            else
            {
                line.AddRange([(byte)'\\', (byte)'0', (byte)('0' + (each >> 6)), (byte)('0' + ((each >> 3) & 7)), (byte)('0' + (each & 7))]);
            }
        }

        line.Add((byte)'\n');
        return [.. line];
    }
}
