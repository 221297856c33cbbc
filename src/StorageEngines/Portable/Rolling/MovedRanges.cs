namespace StorageEngines.Portable.Rolling;

/// <summary>Takes from the ranges that are to be looked for what the engine knows to have moved.</summary>
internal static class MovedRanges
{
    /// <summary>The same ranges, those that are not equal cut where something moved.</summary>
    /// <param name="ranges">The target, in order.</param>
    /// <param name="matches">What moved, in order; asked for only when something is to be looked for.</param>
    /// <param name="baseBytes">The length of the base in bytes.</param>
    /// <exception cref="StorageEngineException">The engine's list has an impossible match.</exception>
    internal static async IAsyncEnumerable<DeltaRange> TakeAsync(IAsyncEnumerable<DeltaRange> ranges, IAsyncEnumerator<ContentMatch> matches, long baseBytes)
    {
        ContentMatch match = default;
        bool more = true;
        await foreach (DeltaRange range in ranges.ConfigureAwait(false))
        {
            for (long at = range.Start; at < range.End;)
            {
                while (!range.IsEqual && more && match.Offset + match.Length <= at)
                {
                    more = await matches.MoveNextAsync().ConfigureAwait(false);
                    match = more ? Check(matches.Current, match, baseBytes) : match;
                }

                DeltaRange next = Next(range with { Start = at }, more ? match : null);
                yield return next;
                at = next.End;
            }
        }
    }

    private static DeltaRange Next(DeltaRange rest, ContentMatch? match)
    {
        if (rest.IsEqual || match is not { } moved || moved.Offset >= rest.End)
        {
            return rest;
        }

        return moved.Offset > rest.Start
            ? rest with { End = moved.Offset }
            : new DeltaRange(rest.Start, Math.Min(rest.End, moved.Offset + moved.Length), IsEqual: true, moved.BaseOffset - moved.Offset);
    }

    private static ContentMatch Check(ContentMatch match, ContentMatch before, long baseBytes)
        => match.Length > 0 && match.Offset >= before.Offset + before.Length && match.BaseOffset >= 0 && match.Length <= baseBytes - match.BaseOffset
            && match.Offset <= long.MaxValue - match.Length
            ? match
            : throw new StorageEngineException(
                EngineStatus.Internal, EngineReason.None, Recovery.OperatorAction,
                $"The engine says that {match.Length} bytes at {match.Offset} are those of the base at {match.BaseOffset}, which cannot be; report it, and use --format rbd until then.");
}
