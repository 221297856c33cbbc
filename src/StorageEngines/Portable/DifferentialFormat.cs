namespace StorageEngines;

/// <summary>The portable formats.</summary>
public enum DifferentialFormat
{
    /// <summary>RBD diff v1 or v2: block volumes, and single files of a tree.</summary>
    Rbd,

    /// <summary>Btrfs send stream v1: trees.</summary>
    BtrfsSend,

    /// <summary>tar (pax) with OCI whiteouts: trees, whole files.</summary>
    Tar,

    /// <summary>librsync delta: block volumes, single files of a tree, and plain files, of which parts moved.</summary>
    Rdiff,
}
