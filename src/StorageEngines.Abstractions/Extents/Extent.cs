namespace StorageEngines;

/// <summary>A half-open byte range <c>[Offset, Offset + Length)</c> of a block volume or of one file.</summary>
/// <remarks>Immutable, 24 bytes; ordered by offset. The default value has length 0 and is no extent; nothing returns it.</remarks>
public readonly struct Extent : IEquatable<Extent>
{
    /// <summary>Makes an extent.</summary>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="length">Length in bytes; 1 or more, and such that the end fits in 63 bits.</param>
    /// <param name="state">What the range holds. Default: <see cref="ExtentState.Data"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative, the length is not positive, or the end overflows.</exception>
    public Extent(long offset, long length, ExtentState state = ExtentState.Data)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, long.MaxValue - offset);
        Offset = offset;
        Length = length;
        State = state;
    }

    /// <summary>First byte.</summary>
    public long Offset { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>What the range holds in the target.</summary>
    public ExtentState State { get; }

    /// <summary>The byte after the last.</summary>
    public long End => Offset + Length;

    /// <summary>Makes an extent from its two ends.</summary>
    /// <param name="start">First byte; 0 or more.</param>
    /// <param name="end">The byte after the last; above <paramref name="start"/>.</param>
    /// <param name="state">What the range holds.</param>
    /// <returns>The extent.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, reversed or begins below 0.</exception>
    public static Extent FromBounds(long start, long end, ExtentState state = ExtentState.Data)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(end, start);
        return new Extent(start, checked(end - start), state);
    }

    /// <inheritdoc/>
    public bool Equals(Extent other) => Offset == other.Offset && Length == other.Length && State == other.State;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Extent other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Offset, Length, State);

    /// <summary>E.g. <c>[4096, 8192) Data</c>.</summary>
    /// <returns>The printed form.</returns>
    public override string ToString() => $"[{Offset}, {End}) {State}";

    /// <summary>Compares range and state.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(Extent left, Extent right) => left.Equals(right);

    /// <summary>Compares range and state.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they differ.</returns>
    public static bool operator !=(Extent left, Extent right) => !left.Equals(right);
}
