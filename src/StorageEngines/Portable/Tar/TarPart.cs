using System.Buffers;

namespace StorageEngines.Portable.Tar;

/// <summary>Some members of an archive with their data, or a piece of a long one. One thread fills it, then another one writes it.</summary>
internal sealed class TarPart
{
    private const int MostItems = 256;
    private const int MostBytes = 1 << 20;

    private readonly List<(TarItem Item, long Offset, int Length)> _pieces = [];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _data = [];
    private int _length;

    /// <summary>Whether there is nothing in it.</summary>
    internal bool IsEmpty => _pieces.Count == 0;

    /// <summary>Bytes of data in it.</summary>
    internal int Length => _length;

    /// <summary>Takes as much of a member as there is room for.</summary>
    /// <param name="item">The member.</param>
    /// <param name="offset">Where to go on in its data.</param>
    /// <returns>Where to go on in the next part; the end of the data if nothing is left; -1 if there is no room for anything.</returns>
    internal long Add(in TarItem item, long offset)
    {
        long left = item.DataBytes - offset;
        if (_pieces.Count == MostItems || (!IsEmpty && _length + left > MostBytes))
        {
            return -1;
        }

        int length = (int)Math.Min(left, MostBytes);
        _pieces.Add((item, offset, length));
        _length += length;
        return offset + length;
    }

    /// <summary>Reads the data.</summary>
    internal async ValueTask FillAsync(TarData data, CancellationToken cancellationToken)
    {
        _data = ArrayPool<byte>.Shared.Rent(_length);
        int at = 0;
        foreach ((TarItem item, long offset, int length) in _pieces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (length > 0)
            {
                await data.ReadAsync(item.Entry, offset, _data.AsMemory(at, length), cancellationToken);
                at += length;
            }
        }

        _filled.SetResult();
    }

    /// <summary>Writes the members when the data is there.</summary>
    /// <returns>How many members began.</returns>
    internal async ValueTask<int> WriteAsync(TarWriter writer, CancellationToken cancellationToken)
    {
        await _filled.Task.WaitAsync(cancellationToken);
        int at = 0;
        int begun = 0;
        foreach ((TarItem item, long offset, int length) in _pieces)
        {
            if (offset == 0)
            {
                await writer.EntryAsync(item.Entry, item.HardLinkTo, cancellationToken, item.Names);
                begun++;
            }

            if (length > 0)
            {
                await writer.DataAsync(_data.AsMemory(at, length), cancellationToken);
                at += length;
            }
        }

        ArrayPool<byte>.Shared.Return(_data);
        _data = [];
        return begun;
    }
}
