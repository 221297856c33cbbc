using System.Globalization;

namespace StorageEngines.CephRbd.Images;

/// <summary>An image with its snapshots, as they were at one moment.</summary>
/// <param name="Image">The image.</param>
/// <param name="Snapshots">All its snapshots, those in the trash among them, oldest first.</param>
internal sealed record ImageState(RbdImage Image, IReadOnlyList<RbdSnapshot> Snapshots)
{
    /// <summary>The image as it is now, to be compared or read like a snapshot.</summary>
    internal RbdSnapshot Head => new(RbdSnapshot.HeadId, "HEAD", Image.SizeBytes, SnapshotSpace.User, default, IsProtected: false, Group: null);

    /// <summary>A snapshot that the contract knows, by its number as text; null if it is not there.</summary>
    internal RbdSnapshot? Find(string id)
        => ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? Snapshots.FirstOrDefault(each => each.Id == number && each.IsVisible) : null;

    /// <summary>A user's snapshot by its name; null if it is not there.</summary>
    internal RbdSnapshot? Named(string name) => Snapshots.FirstOrDefault(each => each.Space == SnapshotSpace.User && each.Name == name);

    /// <summary>A snapshot as others name it.</summary>
    internal SnapshotRef RefOf(RbdSnapshot snapshot) => new(Image.Ref, snapshot.IdText, snapshot.Label);
}
