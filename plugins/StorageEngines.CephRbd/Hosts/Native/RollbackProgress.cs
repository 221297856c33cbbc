namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Passes librbd's word on how far it is on. Nothing may be thrown through librbd, so that a listener that fails is not asked again.</summary>
/// <param name="progress">The listener; null for nobody.</param>
/// <param name="sizeBytes">What is to be done; bytes.</param>
internal sealed class RollbackProgress(IProgress<OperationProgress>? progress, long sizeBytes)
{
    private IProgress<OperationProgress>? _progress = progress;

    /// <summary>Tells it.</summary>
    internal void Tell(ulong done, ulong total)
    {
        try
        {
            _progress?.Report(new OperationProgress("roll back", total == 0 ? sizeBytes : (long)((UInt128)sizeBytes * done / total), sizeBytes, (long)done, (long)total));
        }
        catch (Exception)
        {
            _progress = null;
        }
    }
}
