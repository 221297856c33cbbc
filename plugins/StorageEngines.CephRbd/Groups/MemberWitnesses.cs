using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Groups;

/// <summary>Keeps with the members of a group's snapshot what proves that nobody rolled back past them. Where they cannot be what a difference begins with, there is nothing to prove.</summary>
internal sealed class MemberWitnesses(ImageCatalog catalog)
{
    private IRbdHost Host => catalog.Host;

    /// <summary>Notes it, once they are cut.</summary>
    /// <param name="before">The images before.</param>
    /// <param name="made">Their snapshots.</param>
    internal async Task NoteAsync(IReadOnlyList<ImageState> before, IReadOnlyList<SnapshotInfo> made)
    {
        foreach (SnapshotInfo member in Host.CanDiffFromGroups ? made : [])
        {
            ImageState state = before.First(each => each.Image.Ref == member.Ref.Volume);
            (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(member.Ref, CancellationToken.None).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                if (await RollbackProof.FindAsync(state, open, found, canDiffFromGroups: true, CancellationToken.None).ConfigureAwait(false) is { } witnesses)
                {
                    await Host.Changes.NoteAsync(state.Image, [(ImageNotes.WitnessKey(state.Image.Key, found.IdText), witnesses)], CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Removes what is noted of members that are gone.</summary>
    internal async Task ForgetAsync(IReadOnlyList<SnapshotInfo> gone)
    {
        foreach (SnapshotInfo member in gone)
        {
            await using IOpenImage? open = await catalog.TryOpenAsync(member.Ref.Volume, CancellationToken.None).ConfigureAwait(false);
            if (open is not null && (await open.ReadNotesAsync(CancellationToken.None).ConfigureAwait(false)).KeysOf(member.Ref.Id) is { Count: > 0 } keys)
            {
                await Host.Changes.NoteAsync(open.State.Image, [.. keys.Select(key => (key, (string?)null))], CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
