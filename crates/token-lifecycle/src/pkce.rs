//! Proof that who asks is who began.
