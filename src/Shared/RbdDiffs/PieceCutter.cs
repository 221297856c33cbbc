namespace StorageEngines.RbdDiffs;

/// <summary>Cuts data into pieces: blocks that hold zeroes become ranges of zeroes, which are joined where they touch. Not thread-safe.</summary>
internal sealed class PieceCutter
{
    private const int ZeroUnit = 64 * 1024;

    private Extent? _zeroes;

    /// <summary>Takes a range of zeroes.</summary>
    /// <returns>The range before it, if that is done.</returns>
    internal BlockPiece? Zero(Extent range)
    {
        if (_zeroes is { } before && before.End == range.Offset)
        {
            _zeroes = Extent.FromBounds(before.Offset, range.End, ExtentState.Zero);
            return null;
        }

        BlockPiece? done = End();
        _zeroes = Extent.FromBounds(range.Offset, range.End, ExtentState.Zero);
        return done;
    }

    /// <summary>Takes data. A piece's data is a part of what is given.</summary>
    internal IEnumerable<BlockPiece> Data(long at, ReadOnlyMemory<byte> data)
    {
        for (int from = 0; from < data.Length;)
        {
            int to = from + Run(data.Span[from..Math.Min(from + RbdDiffFormat.MaxWriteBytes, data.Length)], 0, out bool zero);
            Extent run = Extent.FromBounds(at + from, at + to, zero ? ExtentState.Zero : ExtentState.Data);
            if ((zero ? Zero(run) : End()) is { } done)
            {
                yield return done;
            }

            if (!zero)
            {
                yield return new BlockPiece(run, data[from..to]);
            }

            from = to;
        }
    }

    /// <summary>The range of zeroes that is still open, if there is one.</summary>
    internal BlockPiece? End()
    {
        BlockPiece? last = _zeroes is { } range ? new BlockPiece(range, default) : null;
        _zeroes = null;
        return last;
    }

    /// <summary>The end of the run of units that begins at <paramref name="from"/> and are all zero or all not.</summary>
    internal static int Run(ReadOnlySpan<byte> data, int from, out bool zero)
    {
        int at = Math.Min(from + ZeroUnit, data.Length);
        zero = !data[from..at].ContainsAnyExcept((byte)0);
        while (at < data.Length)
        {
            int end = Math.Min(at + ZeroUnit, data.Length);
            if (zero == data[at..end].ContainsAnyExcept((byte)0))
            {
                break;
            }

            at = end;
        }

        return at;
    }
}
