namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Asks what differs within a range, and returns when every extent was told to a call back, or one call back returned an error number.</summary>
/// <param name="offset">Where the range begins; bytes.</param>
/// <param name="length">How long it is; bytes.</param>
/// <param name="whole">Whether whole objects are to be told, from the object map.</param>
/// <param name="callback">Told of each extent: offset, length, whether it holds data, and <paramref name="self"/>.</param>
/// <param name="self">Handed to the call back.</param>
/// <returns>0; or a negative error number, the call back's own among them.</returns>
internal unsafe delegate int DiffCall(long offset, long length, bool whole, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* self);
