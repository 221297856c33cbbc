using System.Runtime.CompilerServices;
using System.Text.Json;
using StorageEngines.CephRbd.Blocks;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>
/// Reads a difference as <c>rbd diff --format json</c> prints it, as it comes: an array of objects with an offset, a length and whether something is there. Memory does not grow with its length. Whatever else is
/// there is an error that names the byte; so is an end before the array is closed. The end of the output is waited for: what a program prints that then fails does not count.
/// </summary>
/// <param name="source">The output. The caller disposes it.</param>
/// <param name="startingOffset">Extents that end at it or before are left out; bytes.</param>
internal sealed class DiffReader(Stream source, long startingOffset)
{
    private const string What = "the difference that the host tells";
    private const int BatchSize = 1024;
    private const int MostDepth = 2;

    private readonly byte[] _buffer = new byte[64 << 10];
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MostDepth });
    private List<RawExtent> _batch = [];
    private int _from;
    private int _to;
    private long _passed;
    private Place _place;
    private long? _offset;
    private long? _length;
    private bool? _exists;

    private enum Place
    {
        Start,
        Array,
        Extent,
        Offset,
        Length,
        Exists,
        End,
    }

    /// <summary>The extents as they come.</summary>
    /// <exception cref="CorruptDataException">It is damaged or cut short.</exception>
    internal async IAsyncEnumerable<IReadOnlyList<RawExtent>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isLast = false;
        while (!isLast)
        {
            isLast = await FillAsync(cancellationToken).ConfigureAwait(false);
            while (Read(isLast))
            {
                yield return _batch;
                _batch = [];
            }
        }

        if (_place != Place.End)
        {
            throw Damaged(0, "it is cut off");
        }

        if (_batch.Count > 0)
        {
            yield return _batch;
        }
    }

    // True at the end of the output.
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        if (_to == _buffer.Length)
        {
            throw Damaged(0, "a word in it has no end");
        }

        int count = await source.ReadAsync(_buffer.AsMemory(_to), cancellationToken).ConfigureAwait(false);
        _to += count;
        return count == 0;
    }

    // True if a batch is full, false if more output is needed.
    private bool Read(bool isLast)
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_from, _to - _from), isLast, _state);
        try
        {
            while (_batch.Count < BatchSize && reader.Read())
            {
                Take(ref reader);
            }
        }
        catch (JsonException e)
        {
            throw Damaged(reader.BytesConsumed, "it is not JSON as rbd writes it", e);
        }

        _state = reader.CurrentState;
        _from += (int)reader.BytesConsumed;
        _passed += reader.BytesConsumed;
        return _batch.Count == BatchSize;
    }

    private void Take(ref Utf8JsonReader reader)
    {
        _place = (_place, reader.TokenType) switch
        {
            (Place.Start, JsonTokenType.StartArray) => Place.Array,
            (Place.Array, JsonTokenType.StartObject) => Begin(),
            (Place.Array, JsonTokenType.EndArray) => Place.End,
            (Place.Extent, JsonTokenType.PropertyName) => MemberOf(reader),
            (Place.Extent, JsonTokenType.EndObject) => Finish(reader),
            (Place.Offset, JsonTokenType.Number) => Number(reader, ref _offset, 0),
            (Place.Length, JsonTokenType.Number) => Number(reader, ref _length, 1),
            (Place.Exists, JsonTokenType.String or JsonTokenType.True or JsonTokenType.False) => Flag(reader),
            _ => throw Damaged(reader.TokenStartIndex, $"{reader.TokenType} is not expected here"),
        };
    }

    private Place Begin()
    {
        (_offset, _length, _exists) = (null, null, null);
        return Place.Extent;
    }

    private Place MemberOf(in Utf8JsonReader reader)
        => reader.ValueTextEquals("offset"u8) && _offset is null ? Place.Offset
            : reader.ValueTextEquals("length"u8) && _length is null ? Place.Length
            : reader.ValueTextEquals("exists"u8) && _exists is null ? Place.Exists
            : throw Damaged(reader.TokenStartIndex, "a member is not known, or is there twice");

    private Place Number(in Utf8JsonReader reader, ref long? number, long least)
    {
        number = reader.TryGetInt64(out long value) && value >= least ? value : throw Damaged(reader.TokenStartIndex, "a number is no size");
        return Place.Extent;
    }

    private Place Flag(in Utf8JsonReader reader)
    {
        _exists = reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("true"u8)) ? true
            : reader.TokenType == JsonTokenType.False || reader.ValueTextEquals("false"u8) ? false
            : throw Damaged(reader.TokenStartIndex, "it is neither true nor false");
        return Place.Extent;
    }

    private Place Finish(in Utf8JsonReader reader)
    {
        if (_offset is not { } offset || _length is not { } length || _exists is not { } exists || offset > long.MaxValue - length)
        {
            throw Damaged(reader.TokenStartIndex, "an extent lacks something, or ends beyond what can be counted");
        }

        if (offset + length > startingOffset)
        {
            _batch.Add(new RawExtent(offset, length, exists));
        }

        return Place.Array;
    }

    private CorruptDataException Damaged(long at, string why, Exception? cause = null) => new(What, _passed + at, why, cause) { Engine = CephRbdEngineFactory.SchemeName };
}
