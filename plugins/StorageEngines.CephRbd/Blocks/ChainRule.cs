using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>
/// Says whether the object maps between two snapshots may be believed. librbd's fast-diff loses changes where a snapshot in between is smaller (seen with 16.2.15 and 18.2.7: what lies beyond the smaller
/// size is forgotten), and says nothing of it. So it is believed only where every snapshot from base to target has one size, none of them is in the trash, and every map is marked valid.
/// </summary>
internal static class ChainRule
{
    /// <summary>The snapshots whose maps a comparison goes through: the two, and all between them; and the image as it is now, if it ends there.</summary>
    internal static List<RbdSnapshot> Between(ImageState state, RbdSnapshot? from, RbdSnapshot to)
    {
        List<RbdSnapshot> chain = [.. state.Snapshots.Where(each => each.Id >= (from?.Id ?? 0) && each.Id <= to.Id)];
        if (to.IsHead)
        {
            chain.Add(to);
        }

        return chain;
    }

    /// <summary>Why the maps cannot be believed, as far as the list of snapshots says; null if nothing speaks against them.</summary>
    internal static string? WhyNot(ImageState state, IReadOnlyList<RbdSnapshot> chain)
    {
        const RbdFeatures Needed = RbdFeatures.ObjectMap | RbdFeatures.FastDiff;
        return (state.Image.Features & Needed) != Needed ? "the image has no object map with fast-diff"
            : chain.Any(each => each.SizeBytes != chain[0].SizeBytes) ? "the image was resized in between"
            : chain.Any(each => each.Space == SnapshotSpace.Trash) ? "a snapshot in between is in the trash"
            : null;
    }
}
