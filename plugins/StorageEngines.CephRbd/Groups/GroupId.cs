using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Groups;

/// <summary>
/// A group's snapshot: where the group is and what both are called, so that it can be found, and the name that librbd gave to the snapshot of each member, which is made of ids, so that another one of
/// the same name is not taken for it.
/// </summary>
/// <param name="Cluster">The cluster's fsid.</param>
/// <param name="Group">The group.</param>
/// <param name="Snapshot">The snapshot's name.</param>
/// <param name="MemberName">The name of each member's snapshot.</param>
internal sealed record GroupId(string Cluster, GroupPlace Group, string Snapshot, string MemberName)
{
    /// <summary>That of a member's snapshot.</summary>
    internal static GroupId Of(RbdImage image, RbdSnapshot member)
        => new(image.Key.Cluster, new GroupPlace(member.Group!.Pool, image.Key.Namespace, member.Group.Group), member.Group.Snapshot, member.Name);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out GroupId? id)
    {
        string[] parts = [.. text.Split('/').Select(Uri.UnescapeDataString)];
        id = parts.Length == 6 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long pool)
            ? new GroupId(parts[0], new GroupPlace(pool, parts[2], parts[3]), parts[4], parts[5]) : null;
        return id is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        '/', new[] { Cluster, Group.Pool.ToString(CultureInfo.InvariantCulture), Group.Namespace, Group.Name, Snapshot, MemberName }.Select(Uri.EscapeDataString));
}
