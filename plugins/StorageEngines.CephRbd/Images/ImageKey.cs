using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace StorageEngines.CephRbd.Images;

/// <summary>
/// An image by what stays when it, its pool or its group is renamed: the cluster, the pool's number, the namespace (which cannot be renamed) and the image's id.
/// Written <c>FSID/POOL/IMAGE</c> or <c>FSID/POOL/NAMESPACE/IMAGE</c>.
/// </summary>
/// <param name="Cluster">The cluster's fsid.</param>
/// <param name="Pool">The pool's number.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
/// <param name="Image">The image's id.</param>
internal sealed record ImageKey(string Cluster, long Pool, string Namespace, string Image)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ImageKey? key)
    {
        string[] parts = text.Split('/');
        key = parts.Length is 3 or 4 && parts.All(part => part.Length > 0) && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long pool)
            ? new ImageKey(parts[0], pool, parts.Length == 4 ? parts[2] : "", parts[^1]) : null;
        return key is not null;
    }

    /// <inheritdoc/>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{Cluster}/{Pool}/{(Namespace.Length == 0 ? "" : Namespace + "/")}{Image}");
}
