namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>What our scripts end with beside error numbers, which are all lower, and signals.</summary>
internal static class RbdExit
{
    /// <summary>A name is not UTF-8, which Python's modules for Ceph do not take (EILSEQ).</summary>
    internal const int NotUtf8 = 84;

    /// <summary>A program is missing.</summary>
    internal const int Missing = 127;

    /// <summary>A pool, the image or a snapshot has another name by now. Nothing was changed.</summary>
    internal const int Renamed = 200;

    /// <summary>The image is gone.</summary>
    internal const int ImageGone = 201;

    /// <summary>The snapshot is gone.</summary>
    internal const int SnapshotGone = 202;

    /// <summary>The snapshot that a difference begins with is gone.</summary>
    internal const int BaseGone = 203;

    /// <summary>Python's modules for Ceph are missing.</summary>
    internal const int BindingsMissing = 204;

    /// <summary>The image got another name while it was changed.</summary>
    internal const int ChangedMeanwhile = 205;

    /// <summary>The user has no key, or the cluster no monitor that is known.</summary>
    internal const int KeyMissing = 206;
}
