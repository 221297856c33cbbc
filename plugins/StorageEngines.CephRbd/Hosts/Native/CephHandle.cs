using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Something of librados or librbd that is given back when nobody uses it any more, and keeps what it was made from until then.</summary>
internal abstract class CephHandle : SafeHandle
{
    private readonly CephHandle? _parent;

    /// <summary>Takes it over.</summary>
    /// <param name="handle">What the library gave.</param>
    /// <param name="parent">What it was made from, or null.</param>
    protected CephHandle(nint handle, CephHandle? parent)
        : base(0, ownsHandle: true)
    {
        bool kept = false;
        parent?.DangerousAddRef(ref kept);
        _parent = parent;
        SetHandle(handle);
    }

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Gives it back.</summary>
    protected abstract void Free();

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Free();
        _parent?.DangerousRelease();
        return true;
    }
}
