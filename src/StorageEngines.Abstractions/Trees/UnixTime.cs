namespace StorageEngines;

/// <summary>An instant as file systems keep it: seconds since 1970-01-01T00:00:00Z, leap seconds not counted, and nanoseconds.</summary>
/// <remarks>Immutable; ordered; the default value is the epoch. Seconds may be negative; nanoseconds always count forwards.</remarks>
public readonly record struct UnixTime : IComparable<UnixTime>
{
    /// <summary>Makes an instant.</summary>
    /// <param name="seconds">Whole seconds since the epoch, rounded towards the past.</param>
    /// <param name="nanoseconds">Nanoseconds after that, 0 to 999,999,999.</param>
    /// <exception cref="ArgumentOutOfRangeException">The nanoseconds are out of range.</exception>
    public UnixTime(long seconds, int nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nanoseconds, 999_999_999);
        Seconds = seconds;
        Nanoseconds = nanoseconds;
    }

    /// <summary>Whole seconds since the epoch.</summary>
    public long Seconds { get; }

    /// <summary>Nanoseconds after <see cref="Seconds"/>, 0 to 999,999,999.</summary>
    public int Nanoseconds { get; }

    /// <summary>Orders instants in time.</summary>
    /// <param name="other">Another instant.</param>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public int CompareTo(UnixTime other)
        => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>E.g. <c>1700000000.000000001</c>.</summary>
    /// <returns>The printed form.</returns>
    public override string ToString() => $"{Seconds}.{Nanoseconds:D9}";

    /// <summary>Orders instants in time.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first is earlier.</returns>
    public static bool operator <(UnixTime left, UnixTime right) => left.CompareTo(right) < 0;

    /// <summary>Orders instants in time.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first is later.</returns>
    public static bool operator >(UnixTime left, UnixTime right) => left.CompareTo(right) > 0;

    /// <summary>Orders instants in time.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first is not later.</returns>
    public static bool operator <=(UnixTime left, UnixTime right) => left.CompareTo(right) <= 0;

    /// <summary>Orders instants in time.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first is not earlier.</returns>
    public static bool operator >=(UnixTime left, UnixTime right) => left.CompareTo(right) >= 0;
}
