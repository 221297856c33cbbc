using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>
/// Set operations on lists of extents. All but <see cref="Normalize"/> are lazy, take ascending and disjoint lists, hold one extent of each at a time,
/// and give an ascending and disjoint list in which touching extents of one state are joined.
/// </summary>
/// <remarks>
/// Where a list is out of order, the enumeration of the result throws <see cref="InvalidOperationException"/>. Where two lists disagree on the state of a
/// range, <see cref="ExtentState.Data"/> wins in a union, because reading is always right; the other operations keep the first list's state.
/// Stateless; safe for use by several threads, each on lists of its own.
/// </remarks>
public static class ExtentAlgebra
{
    /// <summary>Sorts extents and joins those that overlap or touch. Where they overlap, data wins over zero.</summary>
    /// <param name="extents">Extents in any order, all of which are held in memory.</param>
    /// <returns>The same ranges, ascending and disjoint.</returns>
    public static IReadOnlyList<Extent> Normalize(IEnumerable<Extent> extents)
    {
        ArgumentNullException.ThrowIfNull(extents);
        ILookup<ExtentState, Extent> byState = extents.ToLookup(e => e.State);
        return [.. Union(Flatten(byState[ExtentState.Data]), Flatten(byState[ExtentState.Zero]))];
    }

    /// <summary>Joins touching extents of one state.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <returns>The joined list.</returns>
    public static IEnumerable<Extent> Coalesce(this IEnumerable<Extent> extents) => Sweep(extents, [], ExtentOperation.Union);

    /// <summary>What is in either list.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The union; data wins over zero.</returns>
    public static IEnumerable<Extent> Union(this IEnumerable<Extent> first, IEnumerable<Extent> second) => Sweep(first, second, ExtentOperation.Union);

    /// <summary>What is in both lists, with the first one's state.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The intersection.</returns>
    public static IEnumerable<Extent> Intersect(this IEnumerable<Extent> first, IEnumerable<Extent> second) => Sweep(first, second, ExtentOperation.Intersect);

    /// <summary>What is in the first list and not in the second.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The difference.</returns>
    public static IEnumerable<Extent> Subtract(this IEnumerable<Extent> first, IEnumerable<Extent> second) => Sweep(first, second, ExtentOperation.Subtract);

    /// <summary>The part of a list that lies within <c>[start, end)</c>.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <param name="start">First byte; 0 or more.</param>
    /// <param name="end">The byte after the last; <paramref name="start"/> or more.</param>
    /// <returns>The clipped list.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is reversed or begins below 0.</exception>
    public static IEnumerable<Extent> Clip(this IEnumerable<Extent> extents, long start, long end) => Sweep(extents, Range(start, end), ExtentOperation.Intersect);

    /// <summary>What a list leaves out of <c>[0, capacity)</c>, as data.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <param name="capacityBytes">The size of the address space in bytes; 0 or more.</param>
    /// <returns>The gaps.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is negative.</exception>
    public static IEnumerable<Extent> Complement(this IEnumerable<Extent> extents, long capacityBytes)
        => Sweep(Range(0, capacityBytes), extents, ExtentOperation.Subtract);

    /// <summary>Joins touching extents of one state.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <returns>The joined list.</returns>
    public static IAsyncEnumerable<Extent> Coalesce(this IAsyncEnumerable<Extent> extents) => SweepAsync(extents, ToAsync([]), ExtentOperation.Union);

    /// <summary>What is in either list.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The union; data wins over zero.</returns>
    public static IAsyncEnumerable<Extent> Union(this IAsyncEnumerable<Extent> first, IAsyncEnumerable<Extent> second)
        => SweepAsync(first, second, ExtentOperation.Union);

    /// <summary>What is in both lists, with the first one's state.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The intersection.</returns>
    public static IAsyncEnumerable<Extent> Intersect(this IAsyncEnumerable<Extent> first, IAsyncEnumerable<Extent> second)
        => SweepAsync(first, second, ExtentOperation.Intersect);

    /// <summary>What is in the first list and not in the second.</summary>
    /// <param name="first">An ascending, disjoint list.</param>
    /// <param name="second">Another.</param>
    /// <returns>The difference.</returns>
    public static IAsyncEnumerable<Extent> Subtract(this IAsyncEnumerable<Extent> first, IAsyncEnumerable<Extent> second)
        => SweepAsync(first, second, ExtentOperation.Subtract);

    /// <summary>The part of a list that lies within <c>[start, end)</c>.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <param name="start">First byte; 0 or more.</param>
    /// <param name="end">The byte after the last; <paramref name="start"/> or more.</param>
    /// <returns>The clipped list.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is reversed or begins below 0.</exception>
    public static IAsyncEnumerable<Extent> Clip(this IAsyncEnumerable<Extent> extents, long start, long end)
        => SweepAsync(extents, ToAsync(Range(start, end)), ExtentOperation.Intersect);

    /// <summary>What a list leaves out of <c>[0, capacity)</c>, as data.</summary>
    /// <param name="extents">An ascending, disjoint list.</param>
    /// <param name="capacityBytes">The size of the address space in bytes; 0 or more.</param>
    /// <returns>The gaps.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is negative.</exception>
    public static IAsyncEnumerable<Extent> Complement(this IAsyncEnumerable<Extent> extents, long capacityBytes)
        => SweepAsync(ToAsync(Range(0, capacityBytes)), extents, ExtentOperation.Subtract);

    private static IEnumerable<Extent> Sweep(IEnumerable<Extent> first, IEnumerable<Extent> second, ExtentOperation operation)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return Run(first, second, operation);

        static IEnumerable<Extent> Run(IEnumerable<Extent> first, IEnumerable<Extent> second, ExtentOperation operation)
        {
            using IEnumerator<Extent> left = first.GetEnumerator();
            using IEnumerator<Extent> right = second.GetEnumerator();
            var sweep = new ExtentSweep(operation);
            var joiner = default(ExtentJoiner);
            while (true)
            {
                if (sweep.NeedsLeft)
                {
                    sweep.FeedLeft(left.MoveNext() ? left.Current : null);
                }

                if (sweep.NeedsRight)
                {
                    sweep.FeedRight(right.MoveNext() ? right.Current : null);
                }

                if (sweep.IsDone)
                {
                    break;
                }

                if (sweep.TryTake(out Extent piece) && joiner.Push(piece, out Extent finished))
                {
                    yield return finished;
                }
            }

            if (joiner.Flush(out Extent last))
            {
                yield return last;
            }
        }
    }

    private static async IAsyncEnumerable<Extent> SweepAsync(
        IAsyncEnumerable<Extent> first,
        IAsyncEnumerable<Extent> second,
        ExtentOperation operation,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        await using IAsyncEnumerator<Extent> left = first.GetAsyncEnumerator(cancellationToken);
        await using IAsyncEnumerator<Extent> right = second.GetAsyncEnumerator(cancellationToken);
        var sweep = new ExtentSweep(operation);
        var joiner = default(ExtentJoiner);
        while (true)
        {
            if (sweep.NeedsLeft)
            {
                sweep.FeedLeft(await left.MoveNextAsync().ConfigureAwait(false) ? left.Current : null);
            }

            if (sweep.NeedsRight)
            {
                sweep.FeedRight(await right.MoveNextAsync().ConfigureAwait(false) ? right.Current : null);
            }

            if (sweep.IsDone)
            {
                break;
            }

            if (sweep.TryTake(out Extent piece) && joiner.Push(piece, out Extent finished))
            {
                yield return finished;
            }
        }

        if (joiner.Flush(out Extent last))
        {
            yield return last;
        }
    }

    private static IReadOnlyList<Extent> Range(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        return end == start ? [] : [Extent.FromBounds(start, end)];
    }

    /// <summary>Sorts extents of one state and joins those that overlap, so that what remains is ascending and disjoint.</summary>
    private static IEnumerable<Extent> Flatten(IEnumerable<Extent> extents)
    {
        Extent held = default;
        foreach (Extent next in extents.OrderBy(e => e.Offset))
        {
            if (held.Length == 0)
            {
                held = next;
            }
            else if (next.Offset <= held.End)
            {
                held = Extent.FromBounds(held.Offset, Math.Max(held.End, next.End), held.State);
            }
            else
            {
                yield return held;
                held = next;
            }
        }

        if (held.Length > 0)
        {
            yield return held;
        }
    }

    private static async IAsyncEnumerable<Extent> ToAsync(IReadOnlyList<Extent> extents)
    {
        foreach (Extent extent in extents)
        {
            yield return extent;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }
}
