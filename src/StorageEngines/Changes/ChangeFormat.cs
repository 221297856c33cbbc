namespace StorageEngines;

/// <summary>Formats of change lists that other programs read; see <c>docs/change-formats.md</c>.</summary>
public enum ChangeFormat
{
    /// <summary>JSON lines with the fields of the Kubernetes CSI <c>GetMetadataDeltaResponse</c>.</summary>
    Csi,

    /// <summary>What <c>rbd diff --format json</c> prints; Benji reads it as hints.</summary>
    Rbd,

    /// <summary>A map for <c>borg create --map</c>: every byte of the target as data, zero or same.</summary>
    Borg,
}
