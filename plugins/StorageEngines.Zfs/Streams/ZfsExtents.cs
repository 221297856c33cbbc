namespace StorageEngines.Zfs.Streams;

/// <summary>The extents of an object that a stream tells, as the contract wants them: ascending, disjoint, joined, within the target.</summary>
internal static class ZfsExtents
{
    /// <summary>Lists the extents. The stream is read as they are asked for, to its end; only the normal end of the list means that it was whole.</summary>
    /// <param name="reader">The stream, of which nothing was read yet; it need not keep payloads.</param>
    /// <param name="question">What is asked.</param>
    /// <returns>
    /// Data for blocks, zero for holes. ZFS tells of holes that were holes before too, so zero extents may be more than what changed. What the target is larger than
    /// the base is among them.
    /// </returns>
    internal static IEnumerable<Extent> Of(ZfsSendReader reader, ZfsChangeQuestion question) => Of(new ZfsObjectChanges(reader, question), question);

    /// <summary>Lists the extents of what is told, whoever tells it.</summary>
    internal static IEnumerable<Extent> Of(IObjectChanges changes, ZfsChangeQuestion question) => OneByOne(changes, question).Coalesce();

    /// <summary>Lists the extents as they are told; the range that was read last is that of the last extent, if that is data.</summary>
    internal static IEnumerable<Extent> OneByOne(IObjectChanges changes, ZfsChangeQuestion question)
    {
        long capacity = question.CapacityBytes;
        long done = 0;

        // From here on everything is zero that is not told of: a hole to the end comes before the data that lies in it.
        long rest = Math.Min(question.BaseCapacityBytes, capacity);
        while (changes.Read())
        {
            if (changes.Offset >= capacity)
            {
                continue;
            }

            if (changes.Offset < done)
            {
                throw changes.Damaged($"offset {changes.Offset} of object {question.Number} comes after {done}; changes are told in order only");
            }

            if (changes.End == long.MaxValue)
            {
                rest = Math.Min(rest, changes.Offset);
                continue;
            }

            if (Math.Max(done, rest) is var from && from < changes.Offset)
            {
                yield return Extent.FromBounds(from, changes.Offset, ExtentState.Zero);
            }

            done = Math.Min(changes.End, capacity);
            yield return Extent.FromBounds(changes.Offset, done, changes.State);
        }

        if (Math.Max(done, rest) is var last && last < capacity)
        {
            yield return Extent.FromBounds(last, capacity, ExtentState.Zero);
        }
    }
}
