using System.Globalization;

namespace StorageEngines.Specification;

/// <summary>Decides whether an answer to a block map query is right, from the bytes alone.</summary>
public static class ExtentOracle
{
    /// <summary>What a copy is filled with where the answer has to say what belongs there; nothing that a law writes.</summary>
    private const byte Poison = 0xEE;

    /// <summary>Asserts laws 1 and 3: ascending, disjoint, inside the capacity, and everything but the extents constant across batches.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="maxResults">The most extents asked for in one batch; 0 for no limit.</param>
    public static void AssertWellFormed(ExtentAnswer answer, int maxResults = 0)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ExtentBatch first = answer.Batches[0];
        foreach (ExtentBatch batch in answer.Batches)
        {
            Assert.Equal(first.CapacityBytes, batch.CapacityBytes);
            Assert.Equal(first.BaseCapacityBytes, batch.BaseCapacityBytes);
            Assert.Equal(first.Style, batch.Style);
            Assert.Equal(first.Source, batch.Source);
            Assert.Equal(first.Exactness, batch.Exactness);
            Assert.True(maxResults == 0 || batch.Extents.Count <= maxResults, $"A batch has {batch.Extents.Count} extents; at most {maxResults} were asked for.");
        }

        long end = 0;
        foreach (Extent extent in answer.Extents)
        {
            Assert.True(extent.Length > 0, $"Extent at {extent.Offset} has length {extent.Length}.");
            Assert.True(extent.Offset >= end, $"Extent {extent} begins before the one before it ends ({end}): the list is not ascending and disjoint. {answer}");
            end = extent.End;
        }

        Assert.True(end <= first.CapacityBytes, $"The last extent ends at {end}, beyond the capacity of {first.CapacityBytes}.");
        bool fixedLength = first.Style != ExtentStyle.FixedLength || answer.Extents.All(extent => extent.Length == answer.Extents[0].Length);
        Assert.True(fixedLength, $"The style is FixedLength, but lengths differ: {answer}");
    }

    /// <summary>Asserts law 27: extents begin and end at multiples of the granularity, or at the capacity.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="granularityBytes">What the engine declared.</param>
    public static void AssertAligned(ExtentAnswer answer, long granularityBytes)
    {
        ArgumentNullException.ThrowIfNull(answer);
        foreach (Extent extent in answer.Extents)
        {
            Assert.True(extent.Offset % granularityBytes == 0, $"Extent {extent} does not begin at a multiple of the declared granularity {granularityBytes}.");
            bool ends = extent.End % granularityBytes == 0 || extent.End == answer.CapacityBytes;
            Assert.True(ends, $"Extent {extent} ends neither at a multiple of the declared granularity {granularityBytes} nor at the capacity {answer.CapacityBytes}.");
        }
    }

    /// <summary>Asserts law 4: a copy of the base, cut or extended, with the extents written over it equals the target byte for byte.</summary>
    /// <param name="baseBytes">The base's bytes.</param>
    /// <param name="targetBytes">The target's bytes.</param>
    /// <param name="answer">The whole delta, from offset 0.</param>
    /// <param name="what">What is compared, for the message.</param>
    public static void AssertRebuilds(byte[] baseBytes, byte[] targetBytes, ExtentAnswer answer, string what)
    {
        ArgumentNullException.ThrowIfNull(baseBytes);
        ArgumentNullException.ThrowIfNull(targetBytes);
        ArgumentNullException.ThrowIfNull(answer);
        AssertWellFormed(answer);
        Assert.Equal(targetBytes.LongLength, answer.CapacityBytes);
        Assert.Equal(baseBytes.LongLength, answer.Batches[0].BaseCapacityBytes);
        byte[] copy = Apply(baseBytes, targetBytes, answer.Extents);
        AssertSame(targetBytes, copy, $"{what}: base + delta is not the target; the answer was: {answer}");
    }

    /// <summary>Asserts that what an allocated map does not list reads as zeroes, and what it lists as zero too.</summary>
    /// <param name="targetBytes">The snapshot's bytes.</param>
    /// <param name="answer">The whole map, from offset 0.</param>
    public static void AssertAllocated(byte[] targetBytes, ExtentAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(targetBytes);
        ArgumentNullException.ThrowIfNull(answer);
        AssertWellFormed(answer);
        Assert.Equal(targetBytes.LongLength, answer.CapacityBytes);
        Assert.Null(answer.Batches[0].BaseCapacityBytes);
        byte[] copy = Apply(new byte[targetBytes.Length], targetBytes, answer.Extents);
        AssertSame(targetBytes, copy, $"Zeroes + allocated extents are not the snapshot; the answer was: {answer}");
    }

    /// <summary>Asserts law 5: extents given as zero read as zeroes in the target.</summary>
    /// <param name="targetBytes">The target's bytes.</param>
    /// <param name="answer">The answer.</param>
    public static void AssertZeroesAreZero(byte[] targetBytes, ExtentAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(targetBytes);
        ArgumentNullException.ThrowIfNull(answer);
        foreach (Extent extent in answer.Extents.Where(extent => extent.State == ExtentState.Zero))
        {
            bool zero = !targetBytes.AsSpan((int)extent.Offset, (int)extent.Length).ContainsAnyExcept((byte)0);
            Assert.True(zero, $"Extent {extent} is said to read as zeroes and does not.");
        }
    }

    /// <summary>Writes extents over a copy of a base.</summary>
    /// <param name="baseBytes">The base's bytes.</param>
    /// <param name="targetBytes">Where data is taken from.</param>
    /// <param name="extents">What to write.</param>
    /// <returns>The copy, of the target's length; what neither the base nor an extent gives is filled with a byte that no law writes.</returns>
    public static byte[] Apply(byte[] baseBytes, byte[] targetBytes, IEnumerable<Extent> extents)
    {
        ArgumentNullException.ThrowIfNull(baseBytes);
        ArgumentNullException.ThrowIfNull(targetBytes);
        ArgumentNullException.ThrowIfNull(extents);
        var copy = new byte[targetBytes.Length];
        int kept = Math.Min(baseBytes.Length, copy.Length);
        baseBytes.AsSpan(0, kept).CopyTo(copy);
        copy.AsSpan(kept).Fill(Poison);
        foreach (Extent extent in extents)
        {
            Span<byte> place = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
            {
                place.Clear();
            }
            else
            {
                targetBytes.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(place);
            }
        }

        return copy;
    }

    /// <summary>Asserts that two contents are the same, and says where they first differ.</summary>
    /// <param name="expected">What it should be.</param>
    /// <param name="actual">What it is.</param>
    /// <param name="what">What is compared, for the message.</param>
    public static void AssertSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (!expected.SequenceEqual(actual))
        {
            int at = expected.CommonPrefixLength(actual);
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture, $"{what}\nFirst difference at byte {at}; lengths {expected.Length} (expected) and {actual.Length} (actual)."));
        }
    }
}
