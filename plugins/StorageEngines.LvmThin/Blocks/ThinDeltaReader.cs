using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace StorageEngines.LvmThin.Blocks;

/// <summary>
/// Reads what <c>thin_delta</c> prints, as it comes: one element per run, without namespaces, text, entities or comments. Lines of <c>same</c> may have been left out. Memory does not grow
/// with its length. Whatever else is there is an error that names the byte; so is an end before the last element is closed.
/// </summary>
/// <param name="source">The output. The caller disposes it.</param>
/// <param name="left">The number of the first device, which has to be the one that is compared.</param>
/// <param name="right">The number of the second device.</param>
/// <param name="chunkBytes">Bytes of a chunk, as the pool has it.</param>
internal sealed class ThinDeltaReader(Stream source, long left, long right, long chunkBytes)
{
    private const string What = "the output of thin_delta";
    private const int LongestElement = 1024;
    private const int SectorBytes = 512;

    /// <summary>Device-mapper knows 2^55 sectors, which is more chunks than that only if they were less than a sector.</summary>
    private const long MostChunks = long.MaxValue / SectorBytes;

    private readonly byte[] _buffer = new byte[64 << 10];
    private int _from;
    private int _to;
    private long _offset;
    private long _end;

    private enum State
    {
        Start,
        Superblock,
        Difference,
        DifferenceClosed,
        Closed,
    }

    /// <summary>The runs, ascending and disjoint.</summary>
    /// <exception cref="CorruptDataException">It is damaged, cut short, or of other devices.</exception>
    internal async IAsyncEnumerable<MappingRun> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        State state = State.Start;
        while (await NextAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } element)
        {
            if (state == State.Difference && TryRun(element.Span, out MappingRun run))
            {
                yield return run;
                continue;
            }

            state = Step(state, element.Span);
        }

        if (state != State.Closed)
        {
            throw Damaged("it is cut off");
        }
    }

    private State Step(State state, ReadOnlySpan<byte> element)
    {
        ReadOnlySpan<byte> name = NameOf(element);
        if (state == State.Start && name.SequenceEqual("superblock"u8))
        {
            long sectors = Attribute(element, " data_block_size=\""u8);
            return sectors == chunkBytes / SectorBytes ? State.Superblock
                : throw Damaged($"its chunks have {sectors} sectors, and the pool's have {chunkBytes / SectorBytes}");
        }

        if (state == State.Superblock && name.SequenceEqual("diff"u8))
        {
            (long one, long two) = (Attribute(element, " left=\""u8), Attribute(element, " right=\""u8));
            return (one, two) == (left, right) ? State.Difference : throw Damaged($"it compares {one} and {two}, and not {left} and {right}");
        }

        if (state == State.Difference && element.SequenceEqual("</diff>"u8))
        {
            return State.DifferenceClosed;
        }

        return state == State.DifferenceClosed && element.SequenceEqual("</superblock>"u8) ? State.Closed : throw Damaged($"'{Encoding.ASCII.GetString(element)}' is not expected here");
    }

    private bool TryRun(ReadOnlySpan<byte> element, out MappingRun run)
    {
        ReadOnlySpan<byte> name = NameOf(element);
        MappingKind? kind = name.SequenceEqual("same"u8) ? MappingKind.Same
            : name.SequenceEqual("different"u8) ? MappingKind.Different
            : name.SequenceEqual("left_only"u8) ? MappingKind.LeftOnly
            : name.SequenceEqual("right_only"u8) ? MappingKind.RightOnly : null;
        run = default;
        if (kind is null)
        {
            return false;
        }

        long begin = Attribute(element, " begin=\""u8), length = Attribute(element, " length=\""u8);
        if (!element.EndsWith("/>"u8) || length == 0 || begin < _end || begin > MostChunks || length > MostChunks || (begin + length) > long.MaxValue / chunkBytes)
        {
            throw Damaged($"'{Encoding.ASCII.GetString(element)}' is empty, too large, or not behind the run before it");
        }

        _end = begin + length;
        run = new MappingRun(kind.Value, begin, length);
        return true;
    }

    // The next element with its brackets; empty at the end.
    private async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_from < _to && _buffer[_from] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                _from++;
                _offset++;
            }

            int length = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'>') + 1;
            if (_from < _to && _buffer[_from] != '<')
            {
                throw Damaged("there is something between its elements");
            }

            if (length > LongestElement || (length == 0 && _to - _from > LongestElement))
            {
                throw Damaged($"an element is longer than {LongestElement} bytes");
            }

            if (length > 0)
            {
                ReadOnlyMemory<byte> element = _buffer.AsMemory(_from, length);
                _from += length;
                _offset += length;
                return element;
            }

            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
            int count = await source.ReadAsync(_buffer.AsMemory(_to), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return _to == 0 ? default : throw Damaged("it is cut off");
            }

            _to += count;
        }
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> element) => element[1..(element.IndexOfAny(" />"u8) is var end and > 0 ? end : 1)];

    private long Attribute(ReadOnlySpan<byte> element, ReadOnlySpan<byte> opening)
    {
        int at = element.IndexOf(opening);
        if (at >= 0)
        {
            ReadOnlySpan<byte> value = element[(at + opening.Length)..];
            if (Utf8Parser.TryParse(value, out long number, out int read) && read < value.Length && value[read] == '"' && value[0] is >= (byte)'0' and <= (byte)'9')
            {
                return number;
            }
        }

        throw Damaged($"'{Encoding.ASCII.GetString(element)}' has no number {Encoding.ASCII.GetString(opening).Trim(' ', '=', '"')}");
    }

    private CorruptDataException Damaged(string why) => new(What, _offset, why) { Engine = LvmThinEngineFactory.SchemeName };
}
