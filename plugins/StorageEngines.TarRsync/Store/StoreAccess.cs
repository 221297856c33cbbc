namespace StorageEngines.TarRsync.Store;

/// <summary>How a store is opened.</summary>
internal enum StoreAccess
{
    /// <summary>For reading; needs no lock, and works while somebody writes.</summary>
    Read,

    /// <summary>For writing; one at a time.</summary>
    Write,
}
