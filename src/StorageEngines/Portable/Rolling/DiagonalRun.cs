namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Target and base side by side: finds out how far they run along together from a place on. What is compared is the bytes themselves, so that what comes of it
/// needs no further proof. Not safe for use by several threads.
/// </summary>
internal sealed class DiagonalRun(IByteSource source, IByteSource target)
{
    private const int WindowBytes = 128 * 1024; // both windows stay in the second-level cache
    private const int BackStep = 4096;
    private readonly ByteWindow _base = new(source, WindowBytes);
    private readonly ByteWindow _target = new(target, WindowBytes);
    private readonly byte[] _baseBack = new byte[BackStep];
    private readonly byte[] _targetBack = new byte[BackStep];

    /// <summary>How many bytes are equal from a place of the target and one of the base on.</summary>
    /// <param name="at">The place in the target.</param>
    /// <param name="from">The place in the base; outside of it nothing is equal.</param>
    /// <param name="end">Where to stop in the target.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal long Forward(long at, long from, long end, CancellationToken cancellationToken)
    {
        long length = 0;
        long most = from < 0 ? 0 : Math.Min(end - at, source.Length - from);
        while (length < most)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> one = _target.From(at + length);
            ReadOnlySpan<byte> other = _base.From(from + length);
            int compared = (int)Math.Min(Math.Min(one.Length, other.Length), most - length);
            int equal = one[..compared].CommonPrefixLength(other[..compared]);
            length += equal;
            if (equal < compared)
            {
                break;
            }
        }

        return length;
    }

    /// <summary>How many bytes are equal before a place of the target and one of the base.</summary>
    /// <param name="at">The place in the target.</param>
    /// <param name="from">The place in the base.</param>
    /// <param name="start">Where to stop in the target.</param>
    internal long Backward(long at, long from, long start)
    {
        long length = 0;
        long most = Math.Min(at - start, from);
        while (length < most)
        {
            int step = (int)Math.Min(BackStep, most - length);
            target.Read(at - length - step, _targetBack.AsSpan(0, step));
            source.Read(from - length - step, _baseBack.AsSpan(0, step));
            int equal = RunCompare.CommonSuffix(_targetBack.AsSpan(0, step), _baseBack.AsSpan(0, step));
            length += equal;
            if (equal < step)
            {
                break;
            }
        }

        return length;
    }

    /// <summary>The next place of the target, within a window, where some bytes are what the base has beside it.</summary>
    /// <returns>The distance from <paramref name="at"/>, or -1.</returns>
    internal long NextEqual(long at, long from, long end)
    {
        long most = from < 0 ? 0 : Math.Min(Math.Min(end - at, source.Length - from), WindowBytes);
        for (long skipped = 0; most - skipped >= RunCompare.SureRun;)
        {
            // What is in memory comes first: where a byte differs every now and then, the windows are not read anew each time.
            ReadOnlySpan<byte> one = _target.From(at + skipped);
            ReadOnlySpan<byte> other = _base.From(from + skipped);
            int length = (int)Math.Min(Math.Min(one.Length, other.Length), most - skipped);
            if (length < RunCompare.SureRun)
            {
                length = (int)(most - skipped);
                one = _target.Range(at + skipped, length);
                other = _base.Range(from + skipped, length);
            }

            int found = RunCompare.FindEqual(one[..length], other[..length]);
            if (found >= 0)
            {
                return skipped + found;
            }

            skipped += length - RunCompare.SureRun + 1;
        }

        return -1;
    }

    /// <summary>Whether some bytes of the target are all the same one, so that finding them in the base says little about the place.</summary>
    internal bool IsConstant(long at, int length)
    {
        ReadOnlySpan<byte> bytes = _target.Range(at, length);
        return !bytes.ContainsAnyExcept(bytes[0]);
    }
}
