using System.Globalization;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>
/// Proves that an image was not rolled back since a snapshot was cut to one that is older still. A roll back takes that older snapshot's object map for the image's own, in which whatever did not change just before
/// that snapshot counts as unchanged: fast-diff then says nothing of what the roll back changed (seen with 16.2.15 and 18.2.7), and no record of it is kept. The proof is some objects that changed between a snapshot and the one
/// before it, noted when it is cut: a roll back to anything older would have changed them again, so one of them that is the same as then shows that there was none. An object that was given back is no such
/// witness: in something older still it may not have been there either, and a roll back to that leaves it as it is.
/// </summary>
internal static class RollbackProof
{
    // What is noted of a snapshot that has none before it: there is nothing that the image could be rolled back to.
    private const string First = "first";
    private const int MostWitnesses = 8;

    /// <summary>Finds what is to be noted of a snapshot that was just cut.</summary>
    /// <param name="before">The image before it was cut.</param>
    /// <param name="open">The image since.</param>
    /// <param name="made">The snapshot.</param>
    /// <param name="canDiffFromGroups">Whether a snapshot of a group can be what a difference begins with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The note; null if nothing can be proved.</returns>
    internal static async Task<string?> FindAsync(ImageState before, IOpenImage open, RbdSnapshot made, bool canDiffFromGroups, CancellationToken cancellationToken)
    {
        RbdSnapshot? previous = open.State.Snapshots.LastOrDefault(each => each.Id < made.Id);
        if (previous?.Id != before.Snapshots.LastOrDefault(each => each.Id < made.Id)?.Id || before.Snapshots.Any(each => each.Id == made.Id))
        {
            return null; // Others cut or removed snapshots at the same time.
        }

        if (previous is null)
        {
            return First;
        }

        bool isComparable = previous.Space == SnapshotSpace.User || (previous.Space == SnapshotSpace.Group && canDiffFromGroups);
        if (!isComparable || ChainRule.WhyNot(open.State, [previous, made]) is not null)
        {
            return null;
        }

        List<long> changed = await CandidatesAsync(open, previous, made, cancellationToken).ConfigureAwait(false);
        List<string> witnesses = [];
        await foreach (long offset in open.WrittenAsync(previous, made, changed, cancellationToken).ConfigureAwait(false))
        {
            witnesses.Add((offset / open.State.Image.PeriodBytes).ToString(CultureInfo.InvariantCulture));
        }

        return witnesses.Count == 0 ? null : string.Join(' ', witnesses);
    }

    /// <summary>Whether it is proved that there was no such roll back between two snapshots.</summary>
    internal static async Task<bool> HoldsAsync(IOpenImage open, RbdSnapshot from, RbdSnapshot to, CancellationToken cancellationToken)
    {
        string? note = (await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false)).Witnesses(from);
        if (note is null or First)
        {
            return note is First;
        }

        List<long> witnesses = [];
        foreach (string each in note.Split(' ').Take(MostWitnesses))
        {
            if (long.TryParse(each, NumberStyles.None, CultureInfo.InvariantCulture, out long period) && period < long.MaxValue / open.State.Image.PeriodBytes
                && period * open.State.Image.PeriodBytes < to.SizeBytes)
            {
                witnesses.Add(period * open.State.Image.PeriodBytes);
            }
        }

        return witnesses.Count > 0 && await open.UnchangedAsync(from, to, witnesses, cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false);
    }

    // Spread over all that changed: some are likely to be left alone until the next snapshot.
    private static async Task<List<long>> CandidatesAsync(IOpenImage open, RbdSnapshot previous, RbdSnapshot made, CancellationToken cancellationToken)
    {
        var changed = new ObjectSet(made.SizeBytes, open.State.Image.PeriodBytes);
        await foreach (IReadOnlyList<RawExtent> some in open.DiffAsync(new DiffRequest(previous, made, DiffMode.WholeObject, 0), cancellationToken).ConfigureAwait(false))
        {
            foreach (RawExtent each in some)
            {
                changed.Add(each.Offset, each.Length);
            }
        }

        List<long> offsets = [];
        long all = changed.Count, step = Math.Max(1, all / MostWitnesses), at = 0;
        foreach (long period in changed.Periods())
        {
            if (at++ % step == 0 && offsets.Count < MostWitnesses)
            {
                offsets.Add(period * open.State.Image.PeriodBytes);
            }
        }

        return offsets;
    }
}
