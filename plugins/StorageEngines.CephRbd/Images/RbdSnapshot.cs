using System.Globalization;

namespace StorageEngines.CephRbd.Images;

/// <summary>A snapshot of an image.</summary>
/// <param name="Id">Its number, which grows with time within a pool.</param>
/// <param name="Name">Its name; of what is no user's, librbd's own.</param>
/// <param name="SizeBytes">The image's size then; bytes.</param>
/// <param name="Space">Whom it belongs to.</param>
/// <param name="CreatedAt">When it was cut.</param>
/// <param name="IsProtected">Whether it is protected from removal.</param>
/// <param name="Group">The group's snapshot that it is a part of, or null.</param>
internal sealed record RbdSnapshot(ulong Id, string Name, long SizeBytes, SnapshotSpace Space, DateTimeOffset CreatedAt, bool IsProtected, GroupSnapshotName? Group)
{
    /// <summary>What librbd has as the number of the image as it is now (<c>CEPH_NOSNAP</c>).</summary>
    internal const ulong HeadId = ulong.MaxValue - 1;

    /// <summary>Whether it is no snapshot, but the image as it is now; see <see cref="ImageState.Head"/>.</summary>
    internal bool IsHead => Id == HeadId;

    /// <summary>The number as text.</summary>
    internal string IdText => IsHead ? "head" : Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether the contract knows it: what mirroring makes, or what is in the trash, is nobody's business.</summary>
    internal bool IsVisible => Space is SnapshotSpace.User or SnapshotSpace.Group;

    /// <summary>The name that people gave.</summary>
    internal string Label => Group?.Snapshot ?? Name;
}
