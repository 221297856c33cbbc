using StorageEngines.Streams;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Transfer;

/// <summary>
/// Passes a stream on while it is read. A record goes on when the next one has shown, by its checksum, that it is sound; the END record goes last, after the end of the input was seen. So
/// whoever receives it never gets all of a stream that is cut off or damaged. One use; blocks.
/// </summary>
/// <param name="input">The stream; stays the caller's.</param>
/// <param name="source">What it is called in messages.</param>
/// <param name="cancellationToken">Ends a wait for the input.</param>
internal sealed class VerifiedRelay(Stream input, string source, CancellationToken cancellationToken)
{
    private const int FlushBytes = 256 << 10;

    private readonly HeldStream _held = new(input, cancellationToken);
    private ZfsSendReader? _reader;

    /// <summary>Reads it.</summary>
    internal ZfsSendReader Reader => _reader ??= new ZfsSendReader(_held, source, keepPayloads: false);

    /// <summary>How many bytes were passed on.</summary>
    internal long Passed { get; private set; }

    /// <summary>Passes on what follows the record that was read last, and that record, to the end.</summary>
    /// <param name="pass">Takes bytes.</param>
    /// <exception cref="CorruptDataException">The stream is damaged or cut off.</exception>
    internal void Run(Action<ReadOnlyMemory<byte>> pass)
    {
        while (Reader.Read())
        {
            if (Reader.Type == ZfsRecordType.WriteEmbedded && ZfsBlock.ReadEmbedded(Reader.Record) is { IsSpill: true } lost)
            {
                throw Reader.Damaged(16, $"the extended attributes of object {lost.Number} come as a block of its data, and zfs receive would lose them (openzfs 18239: OpenZFS 2.3 and later with 'zfs send -e' or '-w'). Send the file system without these options");
            }

            Pass(pass, Reader.RecordOffset, FlushBytes);
        }

        Pass(pass, Reader.Position, 1);
    }

    private void Pass(Action<ReadOnlyMemory<byte>> pass, long end, int atLeast)
    {
        if (end - Passed >= atLeast)
        {
            pass(_held.Peek((int)(end - Passed)));
            _held.Drop((int)(end - Passed));
            Passed = end;
        }
    }

    // Keeps what was read until it is dropped.
    private sealed class HeldStream(Stream input, CancellationToken cancellationToken) : ReadOnlyStream
    {
        private byte[] _bytes = new byte[4 * FlushBytes];
        private int _start;
        private int _end;

        public override int Read(Span<byte> buffer)
        {
            int wanted = Math.Min(buffer.Length, FlushBytes);
            if (_bytes.Length - _end < wanted)
            {
                byte[] target = _end - _start + wanted <= _bytes.Length / 2 ? _bytes : new byte[2 * _bytes.Length];
                _bytes.AsSpan(_start, _end - _start).CopyTo(target);
                (_bytes, _start, _end) = (target, 0, _end - _start);
            }

            // A wait that is given up leaves a call behind that may still write; nobody reads the bytes then.
            int got = input.ReadAsync(_bytes.AsMemory(_end, wanted), cancellationToken).AsTask().WaitAsync(cancellationToken).GetAwaiter().GetResult();
            _bytes.AsSpan(_end, got).CopyTo(buffer);
            _end += got;
            return got;
        }

        internal ReadOnlyMemory<byte> Peek(int count) => _bytes.AsMemory(_start, count);

        internal void Drop(int count) => _start += count;
    }
}
